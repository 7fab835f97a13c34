import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const BUILD = fileURLToPath(new URL("../build.mjs", import.meta.url));
const LOCK = fileURLToPath(new URL("../package-lock.json", import.meta.url));

/** A small app with one bundle of every kind, and a template that refers to an image. */
const APP = {
	"public/js/shop.bundle.js": 'import "./row.html";\nimport App from "./App.vue";\nwindow.shop = App;',
	"public/js/row.html": "<!-- note -->\n<b>{{ it's }}</b>",
	"public/js/App.vue":
		'<script setup>\nimport { ref } from "vue";\nconst n = ref(41);\n</script>\n' +
		'<template><p class="x">{{ n }}</p></template>\n' +
		'<style scoped lang="scss">p { .y { margin-left: 41px } }</style>',
	"public/js/Old.vue":
		"<script>export default { data: () => ({ n: 1 }) };</script><template><i>{{ n }}</i></template>",
	"public/js/old.bundle.ts": 'import Old from "./Old.vue";\nconst old: unknown = Old;\nconsole.log(old);',
	"public/scss/shop.bundle.scss":
		'@import "~bootstrap/scss/functions";\n@import "shop/public/css/plain.css";\n@import "./part";\n' +
		'.logo { background: url("/assets/shop/images/logo.png") }',
	"public/scss/_part.scss": ".part { margin-left: 4px }",
	"public/css/plain.css": ".plain { float: left }",
	"public/images/logo.png": "not really",
	"page.html": '<img src="/assets/shop/images/logo.png">{{ include_script("shop.bundle.js") }}',
};

let bench;
let app;
beforeEach(() => {
	bench = mkdtempSync(path.join(os.tmpdir(), "assets-test-"));
	app = path.join(bench, "apps", "shop", "shop");
	for (const [name, text] of Object.entries(APP)) write(path.join(app, name), text);
	write(path.join(bench, "sites", "apps.txt"), "shop\n");
});
afterEach(() => rmSync(bench, { recursive: true }));

function write(file, text) {
	mkdirSync(path.dirname(file), { recursive: true });
	writeFileSync(file, text);
}

function run(...options) {
	const result = spawnSync(process.execPath, [BUILD, "--bench", bench, ...options], { encoding: "utf8" });
	return { code: result.status, output: result.stdout + result.stderr };
}

const table = (name = "assets.json") =>
	JSON.parse(readFileSync(path.join(bench, "sites", "assets", name), "utf8"));
const built = (key) => readFileSync(path.join(bench, "sites", table()[key]), "utf8");

describe("build", () => {
	it("writes every bundle under its content's hash, and the tables that Frappe reads", () => {
		assert.equal(run().code, 0);
		assert.deepEqual(Object.keys(table()).sort(), ["old.bundle.js", "shop.bundle.css", "shop.bundle.js"]);
		assert.match(table()["shop.bundle.js"], /^\/assets\/shop\/dist\/js\/shop\.bundle\.[0-9A-F]{8}\.js$/);
		assert.deepEqual(table("assets-rtl.json"), {});
		assert.equal(lstatSync(path.join(bench, "sites", "assets", "shop")).isSymbolicLink(), true);
	});

	it("registers HTML as templates and carries a component's style in the script", () => {
		run();
		const script = built("shop.bundle.js");
		assert.ok(script.includes("<b>{{ it's }}</b>"), "template text");
		assert.match(script, /\.row=" <b>/);
		assert.match(script, /p \.y\[data-v-[0-9a-f]{8}\]\{margin-left:41px\}/);
		assert.equal(script.includes("process.env"), false);
	});

	it("finds packages by ~ and files of apps by their path, and leaves served addresses alone", () => {
		run();
		const style = built("shop.bundle.css");
		for (const part of [
			".plain{float:left}",
			".part{margin-left:4px}",
			"url(/assets/shop/images/logo.png)",
		]) {
			assert.ok(style.includes(part), part);
		}
	});

	it("mirrors styles for right-to-left languages when asked", () => {
		run("--rtl");
		const url = table("assets-rtl.json")["rtl_shop.bundle.css"];
		assert.match(url, /\/dist\/css-rtl\//);
		assert.ok(readFileSync(path.join(bench, "sites", url), "utf8").includes(".plain{float:right}"));
	});

	it("does nothing the second time, and builds again when a source or an output is gone or changed", () => {
		run();
		assert.match(run().output, /nothing changed/);
		rmSync(path.join(bench, "sites", table()["shop.bundle.js"]));
		assert.match(run().output, /wrote 3 files/);
		writeFileSync(path.join(app, "public/js/row.html"), "<i>longer than before</i>");
		assert.match(run().output, /wrote 3 files/);
		assert.ok(built("shop.bundle.js").includes("longer than before"));
	});

	it("keeps the files of one build before, and no older ones", () => {
		const count = () =>
			readdirSync(path.join(app, "public/dist/js")).filter((name) => name.startsWith("shop")).length;
		const seen = [];
		for (const text of ["one", "second", "the third"]) {
			writeFileSync(path.join(app, "public/js/row.html"), text);
			run();
			seen.push(count());
		}
		assert.deepEqual(seen, [1, 2, 2]);
	});

	it("leaves the last good build in place when a source is broken, names it, and recovers", () => {
		run();
		const before = table();
		writeFileSync(path.join(app, "public/js/shop.bundle.js"), "let = ;");
		const failed = run();
		assert.equal(failed.code, 1);
		assert.match(failed.output, /shop\.bundle\.js/);
		assert.deepEqual(table(), before);
		assert.match(run().output, /shop\.bundle\.js/);
		writeFileSync(path.join(app, "public/js/shop.bundle.js"), APP["public/js/shop.bundle.js"]);
		assert.equal(run().code, 0);
		assert.match(run().output, /nothing changed/);
	});

	it("refuses two bundles of one name, and a folder that is no bench", () => {
		write(path.join(app, "public/other/shop.bundle.js"), "");
		assert.match(run().output, /Two bundles would both be called shop\.bundle\.js/);
		rmSync(path.join(bench, "sites", "apps.txt"));
		const failed = run();
		assert.equal(failed.code, 1);
		assert.match(failed.output, /apps\.txt is missing/);
	});
});

describe("--check", () => {
	it("passes where everything is there", () => {
		run();
		assert.deepEqual(run("--check"), { code: 0, output: "assets: no references to missing files\n" });
	});

	it("names missing files and bundles with the place that asks for them", () => {
		run();
		write(path.join(app, "bad.py"), 'x = "/assets/shop/images/gone.svg"\ninclude("gone.bundle.js")\n');
		const { code, output } = run("--check");
		assert.equal(code, 1);
		assert.match(output, /missing: \/assets\/shop\/images\/gone\.svg \(in apps\/shop\/shop\/bad\.py\)/);
		assert.match(output, /missing: gone\.bundle\.js/);
		assert.match(output, /2 references to missing files/);
	});

	it("fails before the first build", () => {
		assert.equal(existsSync(path.join(bench, "sites", "assets")), false);
		assert.equal(run("--check").code, 1);
	});
});

describe("lock", () => {
	it("has a hash for every package and no address", () => {
		const text = readFileSync(LOCK, "utf8");
		assert.equal(/https?:\/\//.test(text), false);
		for (const [name, entry] of Object.entries(JSON.parse(text).packages)) {
			if (name) assert.match(entry.integrity ?? "", /^sha(512|1)-/, name);
		}
	});
});
