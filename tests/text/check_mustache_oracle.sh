#!/bin/sh
# Renders the same templates with Debian's node-mustache and with ours and compares. Left out is where that library
# knowingly departs from the specification: dotted names that search outwards again, standalone tags side by side on one
# line, its escaping of / ` =, blanks before a tag's sign, and (its old release) the indentation of partials.
set -eu
program=${CRIER_BUILD:?}/tests/text_test_mustache
export NODE_PATH=/usr/share/nodejs
command -v node > /dev/null || exit 77
node -e 'require("mustache")' 2> /dev/null || exit 77
[ -x "$program" ] || exit 77
work=$(mktemp -d "${TMPDIR:-/tmp}/crier-oracle.XXXXXX")
trap 'rm -rf "$work"' EXIT

cat > "$work/make.js" << 'JS'
// Cases from a small grammar with a fixed seed, so that every run compares the same 2000 templates.
let seed = 20261121;
const next = n => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n; };
const pick = list => list[next(list.length)];
const data = { place: '我市', empty: '', yes: true, no: false, zero: 0, n: 12.5, nothing: null, html: '<a> & "b"',
	list: ['甲', '乙'], none: [], objects: [{ place: '我县', n: 1 }, { n: 2 }], inner: { place: '我区', deep: { n: 7 } } };
const names = ['place', 'empty', 'yes', 'no', 'zero', 'n', 'nothing', 'list', 'none', 'objects', 'inner', 'missing', 'inner.deep'];
const shown = ['place', 'empty', 'n', 'html', 'missing', 'inner.place', 'inner.deep.n', 'nothing'];
const partials = { line: 'x{{place}}', lines: 'eins\n{{n}} zwei\n', nested: 'z\n{{>lines}}\n|{{>line}}\n',
	each: '{{#list}}\n- {{.}}\n{{/list}}\n' };
const text = () => pick(['a', ' ', '。', '  b', '骗', '\n', '\n\n', '{', '} ', 'c\n']);
function piece(depth) {
	const kind = next(depth > 3 ? 5 : 9);
	if (kind < 2) return text();
	if (kind === 2) return `{{${pick(['', ' ', '&', '& '])}${pick(shown)}${pick(['', ' '])}}}`;
	if (kind === 3) return `{{{${pick(shown)}}}}`;
	if (kind === 4) return pick(['{{! note }}', '\n{{! alone }}\n', '\n{{>lines}}\n', '{{>line}}', '\n{{>nested}}\n', '\n{{>each}}\n']);
	const name = pick(names), sign = pick(['#', '^', '#']);
	if (kind < 7) return `{{${sign}${name}}}${body(depth + 1)}{{/${name}}}`;
	return `\n${pick(['', '  '])}{{${sign}${name}}}\n${body(depth + 1)}\n${pick(['', '\t'])}{{/${name}}}\n`;
}
function body(depth) { let out = ''; for (let i = 1 + next(4); i > 0; i--) out += piece(depth); return out; }
const tests = [];
const indented = /^[ \t]+\{\{>/m;
const alone = /^[ \t]*(\{\{[#^\/!>][^}]*\}\}[ \t]*){2,}\r?$/m;
while (tests.length < 2000) {
	const template = body(0);
	if (!alone.test(template) && !indented.test(template)) tests.push({ name: String(tests.length), template, data, partials });
}
require('fs').writeFileSync(process.argv[2], JSON.stringify({ tests }));
const mustache = require('mustache');
const html = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
mustache.escape = value => String(value).replace(/[&<>"']/g, c => html[c]);
const out = tests.map(t => mustache.render(t.template, t.data, t.partials));
require('fs').writeFileSync(process.argv[3], JSON.stringify(out));
JS
cat > "$work/compare.js" << 'JS'
const read = name => JSON.parse(require('fs').readFileSync(name));
const [cases, theirs, ours] = process.argv.slice(2).map(read);
let bad = 0;
ours.forEach((got, i) => {
	if (got === theirs[i]) return;
	if (bad++ < 5) console.log(JSON.stringify({ template: cases.tests[i].template, theirs: theirs[i], ours: got }, null, 1));
});
console.log(`${ours.length} templates, ${bad} differ`);
process.exit(bad > 0 || ours.length !== theirs.length ? 1 : 0);
JS
node "$work/make.js" "$work/cases.json" "$work/theirs.json"
"$program" --render "$work/cases.json" > "$work/ours.json"
node "$work/compare.js" "$work/cases.json" "$work/theirs.json" "$work/ours.json"
