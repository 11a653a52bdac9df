/** Keeps the class of `@throws {ModelError} …`, which typedoc takes for a type annotation and drops. */
import { Converter } from "typedoc";

const THROWS = /@throws\s+\{(\w+)\}/g;

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (_context, signature, declaration) => {
    const source = declaration?.getSourceFile();
    if (!source || !signature.comment) return;
    const comment = source.text.slice(declaration.getFullStart(), declaration.getStart());
    const classes = [...comment.matchAll(THROWS)].map((m) => m[1]);
    const tags = signature.comment.blockTags.filter((tag) => tag.tag === "@throws");
    for (const part of tags.flatMap((tag) => tag.content)) part.text = part.text.replaceAll(/\{(\w+Error)\}/g, "`$1`");
    if (classes.length !== tags.length) return;
    tags.forEach((tag, k) => tag.content.unshift({ kind: "text", text: `\`${classes[k]}\`: ` }));
  });
}
