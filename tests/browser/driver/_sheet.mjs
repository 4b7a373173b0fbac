import { chromium } from 'playwright-core';
const [out,cols,width,...files]=process.argv.slice(2);
const b=await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--allow-file-access-from-files']});
const p=await b.newPage({viewport:{width:cols*(+width+8)+16,height:600}});
import {writeFileSync} from 'fs';
writeFileSync('/tmp/sheet.html',`<body style="margin:8px;background:#888;display:grid;grid-template-columns:repeat(${cols},${width}px);gap:8px">`+files.map(f=>`<div><img src="file://${f}" width=${width}></div>`).join(''));
await p.goto('file:///tmp/sheet.html');await p.screenshot({path:out,fullPage:true});await b.close();
