/**
 * esbuild plugins for the three kinds of source that Frappe bundles beside plain JS and CSS: SCSS, Vue,
 * HTML.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

const HTML_COMMENT = /<!--.*?-->/g;

/** SCSS files become CSS; plain `@import "x.css"` lines are left to esbuild. */
export function scssPlugin(compileScss) {
	return {
		name: "scss",
		setup(build) {
			build.onLoad({ filter: /\.scss$/ }, async ({ path: file }) => ({
				contents: compileScss(await readFile(file, "utf8"), file),
				loader: "css",
				resolveDir: path.dirname(file),
			}));
			build.onResolve({ filter: /^~/ }, ({ path: wanted, ...rest }) =>
				build.resolve(wanted.slice(1), {
					kind: rest.kind,
					resolveDir: rest.resolveDir,
					importer: rest.importer,
				}),
			);
		},
	};
}

/** `import "./x.html"` registers the file as template x, where frappe.render_template finds it. */
export function htmlPlugin() {
	return {
		name: "html",
		setup(build) {
			build.onLoad({ filter: /\.html$/ }, async ({ path: file }) => {
				const name = path.basename(file, ".html");
				const html = (await readFile(file, "utf8")).replace(/\s+/g, " ").replace(HTML_COMMENT, "");
				const target = `(frappe.templates ??= {})[${JSON.stringify(name)}]`;
				return { contents: `${target} = ${JSON.stringify(html)};`, loader: "js" };
			});
		},
	};
}

/**
 * Seconds for air-datepicker. Frappe uses a fork of its own that is on no registry; without seconds a form
 * shows "10:42:ss" and counts as changed as soon as it is opened.
 */
export function datePickerPlugin() {
	const anchor = "switch (true) {\r\n                case /@/.test(result):";
	const seconds = "result = replacer(result, boundary('ss'), leadingZero(date.getSeconds()));\n";
	return {
		name: "datepicker",
		setup(build) {
			build.onLoad({ filter: /air-datepicker[\\/]dist[\\/]js[\\/]datepicker\.min\.js$/ }, async ({ path: file }) => {
				const source = await readFile(file.replace(".min.js", ".js"), "utf8");
				if (source.split(anchor).length !== 2) throw new Error("air-datepicker is not the release that was patched");
				return { contents: source.replace(anchor, seconds + anchor), loader: "js" };
			});
		},
	};
}

/** Vue single file components, in production form. Styles are imported as CSS parts of the same bundle. */
export function vuePlugin({ compiler, compileScss, base }) {
	const tools = { ...compiler, compileScss, base };
	return {
		name: "vue",
		setup(build) {
			build.onResolve({ filter: /\.vue\?style=\d+$/ }, ({ path: wanted }) => ({
				path: wanted,
				namespace: "vue-style",
			}));
			build.onLoad({ filter: /\.vue$/ }, async ({ path: file }) => {
				const component = parseComponent(await readFile(file, "utf8"), file, tools);
				return {
					contents: renderComponent(component, tools),
					loader: "ts",
					resolveDir: path.dirname(file),
				};
			});
			build.onLoad({ filter: /./, namespace: "vue-style" }, async ({ path: wanted }) => {
				const [file, index] = wanted.split("?style=");
				const component = parseComponent(await readFile(file, "utf8"), file, tools);
				const contents = renderStyle(component, Number(index), tools);
				return { contents, loader: "css", resolveDir: path.dirname(file) };
			});
		},
	};
}

function parseComponent(source, file, { parse, base }) {
	const { descriptor, errors } = parse(source, { filename: file, sourceMap: false });
	if (errors.length) throw errors[0];
	// Relative, so that two checkouts of one source give the same bytes.
	const id = createHash("sha256").update(path.relative(base, file)).digest("hex").slice(0, 8);
	return { descriptor, file, id, isScoped: descriptor.styles.some((style) => style.scoped) };
}

function renderComponent({ descriptor, file, id, isScoped }, { compileScript, compileTemplate }) {
	const scopeId = `data-v-${id}`;
	const compilerOptions = { scopeId: isScoped ? scopeId : undefined };
	const lines = [];
	let bindings;
	if (descriptor.script || descriptor.scriptSetup) {
		const script = compileScript(descriptor, {
			id,
			isProd: true,
			inlineTemplate: Boolean(descriptor.scriptSetup),
			genDefaultAs: "component",
			templateOptions: { id, scoped: isScoped, transformAssetUrls: false, compilerOptions },
		});
		bindings = script.bindings;
		lines.push(script.content);
	} else {
		lines.push("const component = {};");
	}
	if (descriptor.template && !descriptor.scriptSetup) {
		const template = compileTemplate({
			id,
			filename: file,
			source: descriptor.template.content,
			scoped: isScoped,
			isProd: true,
			transformAssetUrls: false,
			compilerOptions: { ...compilerOptions, bindingMetadata: bindings },
		});
		if (template.errors.length) throw new Error(`${file}: ${template.errors.join("; ")}`);
		lines.push(template.code.replace("export function render(", "function componentRender("));
		lines.push("component.render = componentRender;");
	}
	descriptor.styles.forEach((_style, index) =>
		lines.push(`import ${JSON.stringify(`${file}?style=${index}`)};`),
	);
	if (isScoped) lines.push(`component.__scopeId = ${JSON.stringify(scopeId)};`);
	lines.push("export default component;");
	return lines.join("\n");
}

function renderStyle({ descriptor, file, id }, index, { compileStyle, compileScss }) {
	const style = descriptor.styles[index];
	const source = style.lang === "scss" ? compileScss(style.content, file) : style.content;
	const result = compileStyle({
		id: `data-v-${id}`,
		filename: file,
		source,
		scoped: Boolean(style.scoped),
		isProd: true,
	});
	if (result.errors.length) throw result.errors[0];
	return result.code;
}
