import { chromium } from 'playwright-core';
import { AxeBuilder } from '@axe-core/playwright';
const out='/tmp/console-shots/n/';
const b=await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu','--disable-lcd-text','--use-fake-device-for-media-stream','--use-fake-ui-for-media-stream']});
const base='http://127.0.0.1:8099/';
async function person(w,h,scheme){const c=await b.newContext({locale:'pt-BR',viewport:{width:w,height:h},colorScheme:scheme});return c.newPage();}
async function shot(p,n){await p.waitForTimeout(350);await p.screenshot({path:out+n+'.png'});}
async function axe(p,n){const {violations}=await new AxeBuilder({page:p}).analyze();for(const v of violations)console.log(n,v.id,v.impact,v.nodes.map(x=>x.html.slice(0,140)).join(' | '));}
for(const [w,h,s,tag] of [[1366,768,'light','l'],[1366,768,'dark','d'],[390,844,'light','p']]){
 const p=await person(w,h,s);
 p.on('pageerror',e=>console.log('pageerror',e.message));
 await p.goto(base);
 await p.waitForTimeout(500);
 if(await p.locator('input[name=email]').count()){ await shot(p,tag+'_login');await axe(p,tag+'_login');
 await p.fill('input[name=email]','a@b.c');await p.fill('input[name=password]','x');await p.click('button[type=submit]');}
 for(const [n,path] of [['home','admin'],['desk','desk'],['chat','desk/2'],['chat3','desk/3'],['history','desk/history'],['contacts','contacts'],['contact','contacts/1'],['profile','profile'],['devices','profile/devices'],['users','admin/users'],['queues','admin/queues'],['supervise','supervise']]){
  await p.goto(base+'#/'+path);await shot(p,tag+'_'+n);await axe(p,tag+'_'+n);
 }
}
await b.close();
