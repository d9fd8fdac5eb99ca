"use strict";

/* What the world last said of each peer, by name; and the list of fault switches. */
const peers = new Map();
let switches = [];
let chosen = null;
const samples = [];
let lastTaken = null;

const $ = id => document.getElementById(id);
const spell = number => Number(number).toLocaleString("zh-CN");

function make(tag, className, text) {
	const element = document.createElement(tag);
	if (className)
		element.className = className;
	if (text !== undefined)
		element.textContent = text;
	return element;
}

function clock(ms) {
	return new Date(ms).toLocaleTimeString("zh-CN", { hour12: false });
}

/* ---- counters ---- */

function sum(kinds, key) {
	let total = 0;
	for (const peer of peers.values())
		if (kinds.includes(peer.kind))
			total += peer.totals[key];
	return total;
}

const SMS = ["kannel", "yunmas"];

function showCounters(view) {
	const taken = sum(SMS, "taken"), claimed = sum(SMS, "answered_ok");
	$("phones").textContent = spell(view.phones);
	$("taken").textContent = spell(taken);
	$("claimed").textContent = spell(claimed);
	$("claimed").classList.toggle("off", claimed !== taken);
	$("receipts").textContent = spell(view.totals.receipts_sent);
	$("messages").textContent = spell(sum(["wecom"], "taken"));
	$("updates").textContent = spell(sum(["onbon"], "taken"));
	$("violations").textContent = spell(view.totals.violations);
	$("violations").classList.toggle("some", view.totals.violations > 0);
	$("breaches").replaceChildren(...view.violations.slice().reverse().map(words => make("li", "", breachWords(words))));
}

/* Breaches come in the words of the logs; here people read them. */
const BREACHES = [
	[/(\d+) units within (\d+) ms, (\d+) are permitted/, "$2 毫秒内来了 $1 条，只许 $3 条"],
	[/a text of (\d+) parts, max-messages is (\d+)/, "一条短信拆成 $1 段，最多 $2 段"],
	[/the text carries a signature of its own beside the platform's/, "正文自带【签名】，平台还会再加一个"],
	[/more than (\d+) numbers in one request/, "一次请求超过 $1 个号码"],
	[/a (\w+) of more than (\d+) bytes/, "$1 消息超过 $2 字节"],
	[/area (\d+) at .* does not fit on (\S+)/, "区域 $1 超出屏幕 $2"],
	[/area (\d+) mixes font heights/, "区域 $1 混用了不同字号"],
	[/area (\d+) holds (\d+) bytes that the card cannot show/, "区域 $1 有 $2 处屏卡显示不了的字"],
	[/area (\d+) is empty/, "区域 $1 没有文字"],
	[/area (\d+) of (\d+) bytes: .*/, "区域 $1（$2 字节）超出屏卡的容量"],
	[/a data field of (\d+) bytes, the card's buffer holds (\d+)/, "一帧数据 $1 字节，屏卡只收 $2 字节"],
	[/command (\w+) destroys what the card holds/, "指令 $1 会清空屏卡，禁止使用"],
	[/a frame for device type (\w+), this is (\w+)/, "帧写给型号 $1，这块屏是 $2"],
];

function breachWords(line) {
	for (const [pattern, words] of BREACHES)
		if (pattern.test(line))
			return line.replace(pattern, words).replace(/^\S+T(\S{8})\S* (\S+): /, "$1 $2：");
	return line;
}

/* One sample a second, two minutes of them. */
function sample() {
	const taken = sum(SMS, "taken");
	const rate = lastTaken === null || taken < lastTaken ? 0 : taken - lastTaken;
	lastTaken = taken;
	samples.push(rate);
	if (samples.length > 120)
		samples.shift();
	$("rate").textContent = "每秒 " + spell(rate) + " 条";
	drawSpark();
}

function drawSpark() {
	const canvas = $("spark"), pen = canvas.getContext("2d");
	const most = Math.max(1, ...samples), step = canvas.width / 119, height = canvas.height;
	const first = 120 - samples.length;
	const y = value => height - 3 - value / most * (height - 8);

	pen.clearRect(0, 0, canvas.width, height);
	pen.beginPath();
	samples.forEach((value, i) => pen.lineTo((first + i) * step, y(value)));
	pen.strokeStyle = "#2563eb";
	pen.lineWidth = 2;
	pen.stroke();
	pen.lineTo(canvas.width, height);
	pen.lineTo(first * step, height);
	pen.fillStyle = "#2563eb18";
	pen.fill();
}

/* ---- phones ---- */

function showTexts(recent) {
	const box = $("bubbles");
	if (recent.length > 0)
		box.querySelector(".empty")?.remove();
	for (const text of recent) {
		const phone = make("article", "phone"), head = make("header");
		head.append(make("b", "", text.phone), make("span", "", clock(text.ms)));
		phone.append(head, make("p", "", text.text), make("footer", "", text.peer));
		box.prepend(phone);
	}
	while (box.children.length > 30)
		box.lastElementChild.remove();
}

/* ---- groups: the part of markdown that robots know ---- */

function escapeHtml(text) {
	return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function inline(text) {
	return text
		.replace(/&lt;font color=&quot;(info|comment|warning)&quot;&gt;(.*?)&lt;\/font&gt;/g, '<span class="$1">$2</span>')
		.replace(/&lt;@(.+?)&gt;/g, '<span class="who">@$1</span>')
		.replace(/`([^`]+)`/g, "<code>$1</code>")
		.replace(/\*\*(.+?)\*\*/g, "<b>$1</b>")
		.replace(/\[([^\]]+)\]\([^)]*\)/g, '<span class="who">$1</span>');
}

function markdown(text) {
	return escapeHtml(text).split("\n").map(line => {
		const heading = /^#{1,6} (.*)/.exec(line), quote = /^&gt; ?(.*)/.exec(line);
		if (heading)
			return "<h3>" + inline(heading[1]) + "</h3>";
		if (quote)
			return "<blockquote>" + inline(quote[1]) + "</blockquote>";
		return line.trim() === "" ? "<br>" : "<div>" + inline(line) + "</div>";
	}).join("");
}

function colourOf(name) {
	let hue = 7;
	for (const c of name)
		hue = (hue * 31 + c.codePointAt(0)) % 360;
	return "hsl(" + hue + " 45% 48%)";
}

function card(id, parent) {
	let element = document.querySelector("#" + parent + " [data-name=" + CSS.escape(id) + "]");
	if (!element) {
		$(parent).querySelector(":scope > .empty")?.remove();
		element = make("article");
		element.dataset.name = id;
		$(parent).append(element);
	}
	return element;
}

function showGroup(peer) {
	const element = card(peer.name, "groups"), head = make("header"), avatar = make("span", "avatar", [...peer.name][0]);
	const chat = make("div", "chat");
	element.className = "group";
	avatar.style.background = colourOf(peer.name);
	head.append(avatar, make("strong", "", peer.name), make("span", "count", peer.totals.taken + " 条"));
	if (peer.message) {
		const said = make("div", "said"), plain = peer.message.type === "text";
		const aside = plain ? peer.message.mentions.split(" ").filter(who => who) : [];
		said.innerHTML = plain ? escapeHtml(peer.message.text).replace(/\n/g, "<br>") : markdown(peer.message.text);
		if (aside.length > 0)
			said.append(make("div", "who", aside.map(who => "@" + (who === "@all" ? "所有人" : who)).join(" ")));
		chat.append(make("time", "", clock(peer.message.ms)), said);
	} else {
		chat.append(make("p", "quiet", "群里还没有消息"));
	}
	element.replaceChildren(head, chat);
	$("group-count").textContent = $("groups").children.length + " 个";
}

/* ---- signs: dots on black ---- */

const COLOURS = { 1: "#ff3b30", 2: "#34ff5a", 3: "#ffd23b", 4: "#4b7bff", 5: "#3be8ff", 6: "#ff4bd8", 7: "#ffffff" };
const FONTS = [16, 24, 32];
const SCALE = 6;
const screens = new Map();

/* A line of text at the sign's own resolution, hard-edged as LEDs are. */
function textImage(text, size, colour) {
	const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
	const font = size * .94 + "px 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";
	const lines = text.split("\n");
	pen.font = font;
	canvas.width = Math.max(1, Math.ceil(Math.max(...lines.map(line => pen.measureText(line).width))));
	canvas.height = size * lines.length;
	pen.font = font;
	pen.textBaseline = "middle";
	pen.fillStyle = colour;
	lines.forEach((line, i) => pen.fillText(line, 0, size * (i + .52)));
	const image = pen.getImageData(0, 0, canvas.width, canvas.height);
	for (let i = 3; i < image.data.length; i += 4)
		image.data[i] = image.data[i] > 105 ? 255 : 0;
	pen.putImageData(image, 0, 0);
	return canvas;
}

/* Round holes in black, laid over the enlarged picture. */
function holes(width, height) {
	const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
	canvas.width = canvas.height = SCALE;
	pen.fillStyle = "#000";
	pen.fillRect(0, 0, SCALE, SCALE);
	pen.globalCompositeOperation = "destination-out";
	pen.beginPath();
	pen.arc(SCALE / 2, SCALE / 2, SCALE * .44, 0, Math.PI * 2);
	pen.fill();
	return pen.createPattern(canvas, "repeat");
}

/* The rows that areas leave free: there the owner's programme is seen beside them. */
function freeRows(sign) {
	const top = Math.min(sign.height, ...sign.areas.map(area => area.y));
	const bottom = Math.max(0, ...sign.areas.map(area => area.y + area.height));
	if (sign.areas.length === 0 || top >= 12)
		return { y: 0, height: top };
	return { y: bottom, height: Math.max(0, sign.height - bottom) };
}

/* What is to be drawn, rebuilt only when the card's content changes, so that a running line is not thrown back. */
function layers(sign) {
	const list = [], free = freeRows(sign);
	if (!sign.mains || !sign.on)
		return list;
	if ((sign.areas.length === 0 || sign.mode !== 1) && free.height >= 8)
		list.push({ x: 0, width: sign.width, ...free, effect: 1, speed: 4,
			image: textImage(sign.program, Math.min(24, free.height), COLOURS[2]) });
	for (const area of sign.areas)
		list.push({ ...area, image: textImage(area.text, FONTS[area.font] || 16, COLOURS[area.colour] || COLOURS[1]) });
	return list;
}

function drawLayer(pen, layer, seconds) {
	const speed = 60 / (1 + layer.speed / 8), image = layer.image;
	let x = layer.x + Math.max(0, (layer.width - image.width) / 2);
	let y = layer.y + (layer.height - image.height) / 2;

	pen.save();
	pen.beginPath();
	pen.rect(layer.x, layer.y, layer.width, layer.height);
	pen.clip();
	pen.clearRect(layer.x, layer.y, layer.width, layer.height);
	if (layer.effect === 3 || (layer.effect < 3 && image.width > layer.width))
		x = layer.x + layer.width - seconds * speed % (layer.width + image.width);
	else if (layer.effect === 4)
		x = layer.x - image.width + seconds * speed % (layer.width + image.width);
	else if (layer.effect === 5)
		y = layer.y + layer.height - seconds * speed / 3 % (layer.height + image.height);
	else if (layer.effect === 6)
		y = layer.y - image.height + seconds * speed / 3 % (layer.height + image.height);
	pen.drawImage(image, Math.round(x), Math.round(y));
	pen.restore();
}

function drawScreen(screen, now) {
	const { small, canvas } = screen;
	const thin = small.getContext("2d"), pen = canvas.getContext("2d");

	thin.clearRect(0, 0, small.width, small.height);
	for (const layer of screen.layers)
		drawLayer(thin, layer, (now - screen.since) / 1000);
	pen.globalAlpha = 1;
	pen.fillStyle = "#17191d";
	pen.fillRect(0, 0, canvas.width, canvas.height);
	pen.imageSmoothingEnabled = false;
	pen.globalAlpha = .45 + screen.brightness / 15 * .55;
	pen.drawImage(small, 0, 0, canvas.width, canvas.height);
	pen.globalAlpha = 1;
	pen.fillStyle = screen.holes;
	pen.fillRect(0, 0, canvas.width, canvas.height);
}

let drawn = 0;
function animate(now) {
	if (now - drawn > 45) {
		drawn = now;
		for (const screen of screens.values())
			drawScreen(screen, now);
	}
	requestAnimationFrame(animate);
}

function newScreen(sign) {
	const small = document.createElement("canvas"), canvas = document.createElement("canvas");
	small.width = sign.width;
	small.height = sign.height;
	canvas.width = sign.width * SCALE;
	canvas.height = sign.height * SCALE;
	return { small, canvas, holes: holes(sign.width, sign.height), layers: [], since: 0, content: "" };
}

function badgeOf(sign) {
	if (!sign.mains)
		return ["dark", "断电"];
	if (!sign.on)
		return ["dark", "已关屏"];
	if (sign.areas.length === 0)
		return ["", "本单位节目"];
	return sign.mode === 1 ? ["takeover", "紧急插播"] : ["strip", "滚动宣传"];
}

function showSign(peer) {
	const sign = peer.sign, element = card(peer.name, "signs"), head = make("header"), foot = make("footer");
	const [kind, words] = badgeOf(sign);
	let screen = screens.get(peer.name);

	if (!screen) {
		screen = newScreen(sign);
		screens.set(peer.name, screen);
	}
	const content = JSON.stringify([sign.mains, sign.on, sign.mode, sign.program, sign.areas]);
	if (content !== screen.content) {
		screen.content = content;
		screen.layers = layers(sign);
		screen.since = performance.now();
	}
	screen.brightness = sign.brightness;
	element.className = "sign";
	head.append(make("strong", "", peer.name), make("span", "badge " + kind, words));
	const lease = Math.max(0, ...sign.areas.map(area => area.lease_s));
	foot.append(make("span", "", sign.showing || "（黑屏）"),
		make("span", "", sign.width + "×" + sign.height + " · 更新 " + peer.totals.taken + " 次" +
			(lease > 0 ? " · 租期 " + lease + " 秒" : "")));
	element.replaceChildren(head, screen.canvas, foot);
	$("sign-count").textContent = $("signs").children.length + " 块";
}

/* ---- fault switches ---- */

async function control(command) {
	const reply = await fetch("control", { method: "POST", headers: { "Content-Type": "application/json" },
		body: JSON.stringify(command) });
	if (!reply.ok)
		alert("没有生效：" + await reply.text());
}

function suits(item, peer) {
	return item.kinds.includes(peer.kind) && (!item.door || peer.door);
}

function toggle(peer, item, on) {
	const command = { peer: peer.name, fault: item.name }, span = $("span").value;
	if (item.amount) {
		const value = on ? "0" : prompt(item.words, "2000");
		if (value === null)
			return;
		command.value = Number(value) || 0;
	} else if (on) {
		command.on = false;
	} else if (span === "always" || item.door) {
		command.on = true;
	} else if (Number(span) >= 100) {
		command.permille = Number(span);
	} else {
		command.next = Number(span);
	}
	control(command);
}

function stateOf(item, fault) {
	if (!fault)
		return "";
	if (item.amount)
		return " " + fault.next;
	if (fault.permille > 0)
		return " " + fault.permille / 10 + "%";
	return fault.next < 0 ? " 开" : " ×" + fault.next;
}

function switchButton(peer, item) {
	const fault = peer.faults[item.name];
	const button = make("button", fault ? "on" : "", item.words + stateOf(item, fault));
	button.type = "button";
	button.onclick = () => toggle(peer, item, Boolean(fault));
	return button;
}

function showSwitches() {
	const peer = peers.get(chosen), box = $("switches");
	if (!peer)
		return;
	const list = [];
	const add = (words, test) => {
		const items = switches.filter(item => suits(item, peer) && test(item));
		if (items.length > 0)
			list.push(make("span", "group-name", words), ...items.map(item => switchButton(peer, item)));
	};
	if (peer.sign) {
		const button = make("button", peer.sign.mains ? "" : "on", peer.sign.mains ? "拔掉电源" : "恢复供电");
		button.type = "button";
		button.onclick = () => control({ peer: peer.name, mains: !peer.sign.mains });
		list.push(button);
	}
	add("快慢", item => item.amount);
	add("请求", item => !item.amount && !item.receipt && !item.door);
	add("连接", item => item.door);
	add("回执", item => item.receipt);
	box.replaceChildren(...list);
}

function showTabs() {
	const box = $("peers");
	box.replaceChildren(...[...peers.values()].map(peer => {
		const button = make("button", Object.keys(peer.faults).length > 0 || peer.sign && !peer.sign.mains ? "troubled" : "",
			peer.name);
		button.type = "button";
		button.setAttribute("role", "tab");
		button.setAttribute("aria-selected", String(peer.name === chosen));
		button.onclick = () => {
			chosen = peer.name;
			showTabs();
			showSwitches();
		};
		return button;
	}));
}

$("calm").onclick = () => {
	for (const peer of peers.values()) {
		control({ peer: peer.name, fault: "none" });
		if (peer.sign && !peer.sign.mains)
			control({ peer: peer.name, mains: true });
	}
};
$("reset").onclick = async () => {
	await control({ reset: true });
	$("bubbles").replaceChildren(make("p", "empty", "还没有短信到达"));
	samples.length = 0;
};

/* ---- the stream ---- */

let tabsKey = "";
function show(view) {
	if (view.switches)
		switches = view.switches;
	for (const peer of view.peers) {
		peers.set(peer.name, peer);
		if (peer.kind === "wecom")
			showGroup(peer);
		else if (peer.sign)
			showSign(peer);
	}
	if (chosen === null && peers.size > 0)
		chosen = peers.keys().next().value;
	showCounters(view);
	showTexts(view.recent);
	/* Buttons are rebuilt only when a switch moved: a busy world must not pull them from under the mouse. */
	const key = JSON.stringify([...peers.values()].map(peer => [peer.name, peer.faults, peer.sign?.mains]));
	if (key !== tabsKey) {
		tabsKey = key;
		showTabs();
		showSwitches();
	}
}

function listen() {
	const stream = new EventSource("events");
	stream.onopen = () => $("lamp").className = "lamp on";
	stream.onerror = () => $("lamp").className = "lamp off";
	stream.onmessage = event => show(JSON.parse(event.data));
}

listen();
setInterval(sample, 1000);
requestAnimationFrame(animate);
