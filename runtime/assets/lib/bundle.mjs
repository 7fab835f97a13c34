/**
 * Runs esbuild over all bundles of the bench, in memory. Writes nothing.
 */
import path from "node:path";
import { datePickerPlugin, htmlPlugin, scssPlugin, vuePlugin } from "./plugins.mjs";
import { makeScssCompiler } from "./styles.mjs";

const TARGET = ["chrome100", "firefox100", "safari15"];
const DEFINES = {
	"process.env.NODE_ENV": '"production"',
	__VUE_OPTIONS_API__: "true",
	__VUE_PROD_DEVTOOLS__: "false",
};
const INLINED = [".png", ".gif", ".jpg", ".svg", ".woff", ".woff2", ".ttf", ".eot"];

/**
 * Builds every bundle: [{bundle, kind: "js" | "css" | "css-rtl", text, map}], in the order of `bundles`.
 *
 * Styles that a JS bundle pulls in (Vue components, mostly) travel inside the JS, since Frappe asks for that
 * one file only. Throws one Error that names each broken source.
 */
export async function buildBundles({ load, bundles, apps, modules, bench, sourcemap, rtl }) {
	const esbuild = load("esbuild");
	const compileScss = makeScssCompiler({ load, modules, apps });
	const common = {
		bundle: true,
		write: false,
		minify: true,
		target: TARGET,
		outdir: path.join(bench, ".out"),
		outbase: bench,
		absWorkingDir: bench,
		external: ["/assets/*", "data:*"],
		nodePaths: [modules, ...apps.map((app) => app.root)],
		loader: Object.fromEntries(INLINED.map((extension) => [extension, "dataurl"])),
		legalComments: "none",
		logLevel: "silent",
		sourcemap: sourcemap ? "linked" : false,
	};
	const vue = vuePlugin({ compiler: load("@vue/compiler-sfc"), compileScss, base: bench });
	const js = await run(esbuild, {
		...common,
		entryPoints: entries(bundles, "js"),
		format: "iife",
		define: DEFINES,
		plugins: [scssPlugin(compileScss), vue, htmlPlugin(), datePickerPlugin()],
	});
	const css = await run(esbuild, {
		...common,
		entryPoints: entries(bundles, "css"),
		plugins: [scssPlugin(compileScss)],
	});
	return collect(bundles, js, css, rtl ? (text) => load("rtlcss").process(text) : undefined);
}

function entries(bundles, kind) {
	const chosen = bundles.filter((bundle) => bundle.kind === kind);
	return chosen.map((bundle) => ({ in: bundle.source, out: bundle.key.replace(/\.\w+$/, "") }));
}

async function run(esbuild, options) {
	try {
		const result = await esbuild.build(options);
		return new Map(result.outputFiles.map((file) => [path.basename(file.path), file.text]));
	} catch (error) {
		if (!error.errors) throw error;
		const lines = await esbuild.formatMessages(error.errors, { kind: "error", color: false });
		throw new Error(lines.join("\n"));
	}
}

function collect(bundles, js, css, mirror) {
	const outputs = [];
	for (const bundle of bundles) {
		const files = bundle.kind === "js" ? js : css;
		const map = files.get(`${bundle.key}.map`);
		let text = files.get(bundle.key);
		if (bundle.kind === "js") text += styleInjector(files.get(bundle.key.replace(/js$/, "css")));
		outputs.push({ bundle, kind: bundle.kind, text, map });
		if (bundle.kind === "css" && mirror) outputs.push({ bundle, kind: "css-rtl", text: mirror(text) });
	}
	return outputs;
}

function styleInjector(css) {
	if (!css) return "";
	const text = JSON.stringify(css.replace(/\/\*# sourceMappingURL=.*?\*\//, ""));
	const steps = [
		'const s=document.createElement("style")',
		`s.textContent=${text}`,
		"document.head.append(s)",
	];
	return `(()=>{${steps.join(";")}})();\n`;
}
