/** VitePress's theme without its font file, and our colours. */
import Theme from "vitepress/theme-without-fonts";
import "./style.css";

export default Theme;
