// The kit. Screens take everything from here.

export { Avatar } from './avatar';
export { Badge, CopyButton, type Meaning } from './badge';
export { Button, type ButtonProps, IconButton } from './button';
export { Confirmations, Dialog, confirm } from './dialog';
export { Checkbox, type Choice, Field, Select, Switch, TextArea, TextField } from './field';
export { Icon, type IconName } from './icon';
export { Facts, Panel, Screen } from './page';
export { Pad } from './pad';
export { Menu, MenuItems, type MenuItem, Popup } from './popup';
export { causeOf, fieldTextOf, textOf } from './problem-text';
export { useAction, usePages, useResource, useWhole } from './resource';
export { Empty, ErrorState, FormProblem, Skeleton } from './states';
export { type Column, Table } from './table';
export { Tabs } from './tabs';
export { Countdown, Timer } from './timer';
export { Toasts, tell, toast, toastProblem, whenever } from './toast';
