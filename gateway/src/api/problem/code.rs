//! What a refusal is called where words are looked up: one code for one cause, stable whatever the English says.

use crate::call::{EndReason, SeatRefusal};
use crate::chat::SendError;
use crate::people::PasswordFault;
use crate::routing::distribution::RoutingError;
use crate::routing::floor::FloorError;
use crate::routing::floor::voice::VoiceRefusal;

macro_rules! codes {
    ($($name:ident = $word:literal),+ $(,)?) => {
        /// A cause that the console has words for in each of its languages (`web-console/src/ui/problem-words.ts`).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Code { $($name),+ }

        impl Code {
            /// As it is sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// The one that is sent so.
            pub fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

codes! {
    AlreadyWithAgent = "already_with_agent",
    AorWrong = "aor_wrong",
    AtLeast = "at_least",
    AtMost = "at_most",
    AtWork = "at_work",
    Between = "between",
    BodyLate = "body_late",
    BooleanWrong = "boolean_wrong",
    BrowsersOff = "browsers_off",
    BytesAtMost = "bytes_at_most",
    BytesBetween = "bytes_between",
    CallBusy = "call_busy",
    CallDeclined = "call_declined",
    CallFailed = "call_failed",
    CallInAlready = "call_in_already",
    CallMedia = "call_media",
    CallNoAnswer = "call_no_answer",
    CallNotAllowed = "call_not_allowed",
    CallNotRegistered = "call_not_registered",
    CallNumberUnknown = "call_number_unknown",
    CallOpen = "call_open",
    CallOver = "call_over",
    CallOverloaded = "call_overloaded",
    CallPinLocked = "call_pin_locked",
    CallState = "call_state",
    CallTrunk = "call_trunk",
    CallWrongPin = "call_wrong_pin",
    CallerIdWrong = "caller_id_wrong",
    CannotMove = "cannot_move",
    CannotQuote = "cannot_quote",
    CannotTake = "cannot_take",
    ChangedMeanwhile = "changed_meanwhile",
    CharactersBetween = "characters_between",
    ChoiceWrong = "choice_wrong",
    ConnectingNow = "connecting_now",
    CustomerEnded = "customer_ended",
    CustomerFirst = "customer_first",
    DatabaseAway = "database_away",
    DatabaseRefuses = "database_refuses",
    DialledWrong = "dialled_wrong",
    DigitsWrong = "digits_wrong",
    DispositionNotOffered = "disposition_not_offered",
    DomainHeld = "domain_held",
    DoneAlready = "done_already",
    EmailWrong = "email_wrong",
    EmptyValue = "empty_value",
    ExtensionFirst = "extension_first",
    ExtensionWrong = "extension_wrong",
    FieldUnknown = "field_unknown",
    FloorBusy = "floor_busy",
    HandleNeedsInbox = "handle_needs_inbox",
    HostPort = "host_port",
    HostWrong = "host_wrong",
    IdentityElsewhere = "identity_elsewhere",
    InboxGone = "inbox_gone",
    InboxLeadsHere = "inbox_leads_here",
    IntegerWrong = "integer_wrong",
    InteractionClosed = "interaction_closed",
    InteractionOver = "interaction_over",
    InteractionsOpen = "interactions_open",
    KeyReused = "key_reused",
    LanguageWrong = "language_wrong",
    LastAdministrator = "last_administrator",
    LineWrong = "line_wrong",
    LinkOver = "link_over",
    LoginOver = "login_over",
    LoginsBusy = "logins_busy",
    MusicFile = "music_file",
    NameLetters = "name_letters",
    NameWrong = "name_wrong",
    NeedsExtension = "needs_extension",
    NoAgent = "no_agent",
    NoAttachment = "no_attachment",
    NoAudio = "no_audio",
    NoCall = "no_call",
    NoCaller = "no_caller",
    NoContact = "no_contact",
    NoConversation = "no_conversation",
    NoDisposition = "no_disposition",
    NoExtension = "no_extension",
    NoInbox = "no_inbox",
    NoInteraction = "no_interaction",
    NoPauseReason = "no_pause_reason",
    NoPermission = "no_permission",
    NoPhone = "no_phone",
    NoPhoto = "no_photo",
    NoPicture = "no_picture",
    NoPlugin = "no_plugin",
    NoQueue = "no_queue",
    NoQuote = "no_quote",
    NoRecording = "no_recording",
    NoRoom = "no_room",
    NoSeat = "no_seat",
    NoSound = "no_sound",
    NoSoundClip = "no_sound_clip",
    NoToken = "no_token",
    NoTrunk = "no_trunk",
    NoUser = "no_user",
    NodeStops = "node_stops",
    NoneCalledSo = "none_called_so",
    NotAMember = "not_a_member",
    NotAPlugin = "not_a_plugin",
    NotLoggedIn = "not_logged_in",
    NotLoggedInToQueue = "not_logged_in_to_queue",
    NotYours = "not_yours",
    NothingToSend = "nothing_to_send",
    NumberWrong = "number_wrong",
    OfferOver = "offer_over",
    OneLine = "one_line",
    OneUnknown = "one_unknown",
    OperatorInstalls = "operator_installs",
    OtherBrowser = "other_browser",
    OtherOrigin = "other_origin",
    OwnCall = "own_call",
    PasswordAgain = "password_again",
    PasswordGuessable = "password_guessable",
    PasswordLong = "password_long",
    PasswordShort = "password_short",
    PasswordWrong = "password_wrong",
    PersonNameWrong = "person_name_wrong",
    PinWrong = "pin_wrong",
    PluginLoading = "plugin_loading",
    PluginUnfit = "plugin_unfit",
    RecordingUnreadable = "recording_unreadable",
    RuleHasNumber = "rule_has_number",
    RuleLeadsHere = "rule_leads_here",
    RuleSendsHere = "rule_sends_here",
    RuleTwice = "rule_twice",
    SearchShort = "search_short",
    SeatsFull = "seats_full",
    SoundInUse = "sound_in_use",
    SourceWide = "source_wide",
    SpanBackwards = "span_backwards",
    SpeechFailed = "speech_failed",
    SupervisorsFull = "supervisors_full",
    TagsWrong = "tags_wrong",
    Taken = "taken",
    TakenByOther = "taken_by_other",
    TextTooLong = "text_too_long",
    TimeZoneWrong = "time_zone_wrong",
    TokenUnknown = "token_unknown",
    TooLarge = "too_large",
    TooManyAttempts = "too_many_attempts",
    TooManyConsoles = "too_many_consoles",
    TooManyRequests = "too_many_requests",
    TooManyRows = "too_many_rows",
    UnknownParameter = "unknown_parameter",
    Unseen = "unseen",
    UrlWrong = "url_wrong",
    ValueWrong = "value_wrong",
    WindowClosed = "window_closed",
    WordWrong = "word_wrong",
    WrongCredentials = "wrong_credentials",
    WrongMedium = "wrong_medium",
}

impl Code {
    /// That there is no such thing; for nouns that no console asks about there is no code.
    pub fn nothing(what: &str) -> Option<Self> {
        Some(match what {
            "agent" => Self::NoAgent,
            "attachment" => Self::NoAttachment,
            "call" => Self::NoCall,
            "contact" => Self::NoContact,
            "disposition" => Self::NoDisposition,
            "extension" => Self::NoExtension,
            "inbox" => Self::NoInbox,
            "interaction" => Self::NoInteraction,
            "pause reason" => Self::NoPauseReason,
            "photo" => Self::NoPhoto,
            "plugin" => Self::NoPlugin,
            "queue" => Self::NoQueue,
            "recording" => Self::NoRecording,
            "sound clip" => Self::NoSoundClip,
            "token" => Self::NoToken,
            "trunk" => Self::NoTrunk,
            "user" => Self::NoUser,
            _ => return None,
        })
    }
}

impl From<FloorError> for Code {
    fn from(error: FloorError) -> Self {
        match error {
            FloorError::Away => Self::FloorBusy,
            FloorError::CannotTake(_) => Self::CannotTake,
            FloorError::Connecting => Self::ConnectingNow,
            FloorError::Ended => Self::CustomerEnded,
            FloorError::NoAudio(VoiceRefusal::NoSeat | VoiceRefusal::Media) => Self::NoAudio,
            FloorError::NoAudio(VoiceRefusal::NoSuchCall) => Self::NoCaller,
            FloorError::NoAudio(VoiceRefusal::NotWaiting) => Self::TakenByOther,
            FloorError::NoPhone => Self::NeedsExtension,
            FloorError::NoSuchDisposition => Self::DispositionNotOffered,
            FloorError::NotYours => Self::NotYours,
            FloorError::Routing(error) => error.into(),
            FloorError::SameAgent => Self::AlreadyWithAgent,
            FloorError::TooManyConsoles => Self::TooManyConsoles,
            FloorError::Unknown => Self::InteractionOver,
            FloorError::WrongMedium => Self::WrongMedium,
        }
    }
}

impl From<RoutingError> for Code {
    fn from(error: RoutingError) -> Self {
        match error {
            RoutingError::Duplicate | RoutingError::UnknownInteraction => Self::InteractionOver,
            RoutingError::NoRoom => Self::NoRoom,
            RoutingError::NoSuchReason => Self::NoPauseReason,
            RoutingError::NotAMember => Self::NotAMember,
            RoutingError::NotLoggedIn => Self::NotLoggedInToQueue,
            RoutingError::NotTheirs => Self::NotYours,
            RoutingError::OfferOver => Self::OfferOver,
            RoutingError::Taken => Self::TakenByOther,
            RoutingError::UnknownAgent => Self::NoAgent,
            RoutingError::UnknownQueue => Self::NoQueue,
        }
    }
}

impl From<PasswordFault> for Code {
    fn from(fault: PasswordFault) -> Self {
        match fault {
            PasswordFault::Guessable => Self::PasswordGuessable,
            PasswordFault::Long => Self::PasswordLong,
            PasswordFault::Short => Self::PasswordShort,
        }
    }
}

impl Code {
    /// Why something was not sent; what concerns the database is said by its own error.
    pub const fn of_send(error: &SendError) -> Option<Self> {
        Some(match error {
            SendError::Away(_) => return None,
            SendError::CannotQuote => Self::CannotQuote,
            SendError::Closed => Self::InteractionClosed,
            SendError::CustomerEnded => Self::CustomerEnded,
            SendError::CustomerFirst => Self::CustomerFirst,
            SendError::Empty => Self::NothingToSend,
            SendError::NoConversation => Self::NoConversation,
            SendError::NoInbox => Self::InboxGone,
            SendError::NoInteraction => Self::NoInteraction,
            SendError::NoSuchQuote => Self::NoQuote,
            SendError::NotYours => Self::NotYours,
            SendError::Stopped => Self::NodeStops,
            SendError::TooLong { .. } => Self::TextTooLong,
            SendError::WindowClosed { .. } => Self::WindowClosed,
        })
    }

    /// Why a command of a Seat was refused; a call that ended has its own.
    pub fn of_seat(refusal: &SeatRefusal) -> Self {
        match refusal {
            SeatRefusal::Ended(reason) => (*reason).into(),
            SeatRefusal::NoSuchCall => Self::CallOver,
            SeatRefusal::NotRecorded => Self::RecordingUnreadable,
            SeatRefusal::WrongState => Self::CallState,
        }
    }
}

impl From<EndReason> for Code {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Busy => Self::CallBusy,
            EndReason::Declined => Self::CallDeclined,
            EndReason::InCallAlready => Self::CallInAlready,
            EndReason::MediaIncompatible | EndReason::NetworkIncompatible => Self::CallMedia,
            EndReason::NoAnswer => Self::CallNoAnswer,
            EndReason::NotAllowed => Self::CallNotAllowed,
            EndReason::NotRegistered => Self::CallNotRegistered,
            EndReason::NumberUnknown => Self::CallNumberUnknown,
            EndReason::Overloaded => Self::CallOverloaded,
            EndReason::PinLocked => Self::CallPinLocked,
            EndReason::WrongPin => Self::CallWrongPin,
            EndReason::TrunkRefused(_) | EndReason::TrunkUnreachable => Self::CallTrunk,
            EndReason::BrowserLost
            | EndReason::CallerCancelled
            | EndReason::Malformed
            | EndReason::NoSuchDialog
            | EndReason::NodeStopped
            | EndReason::NormalClearing
            | EndReason::NotAcknowledged
            | EndReason::Operator
            | EndReason::PeerLost
            | EndReason::ServiceFinished
            | EndReason::TimeLimit
            | EndReason::Transferred => Self::CallFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Unfit;

    #[test]
    fn what_does_not_fit_a_field_is_one_of_our_codes() {
        let all = [
            Unfit::Boolean,
            Unfit::Characters { least: 1, most: 2 },
            Unfit::Choice,
            Unfit::Empty,
            Unfit::Integer { least: Some(1), most: Some(2) },
            Unfit::Integer { least: Some(1), most: None },
            Unfit::Integer { least: None, most: Some(2) },
            Unfit::Integer { least: None, most: None },
            Unfit::Kind,
            Unfit::Line,
            Unfit::Long { most: 1 },
            Unfit::NameLetters { most: 1 },
            Unfit::NoPlugin,
            Unfit::NoQueue,
            Unfit::Rows { most: 1 },
            Unfit::Taken,
            Unfit::TimeZone,
            Unfit::Unknown,
            Unfit::Url,
            Unfit::VoiceQueue,
        ];
        for unfit in all {
            let word = unfit.code().unwrap();
            assert!(Code::of_word(word).is_some_and(|code| code.as_str() == word), "{word}");
        }
        assert_eq!(Unfit::Said("no".to_owned()).code(), None);
    }
}
