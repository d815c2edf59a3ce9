/**
 * Lines over two axes, as SVG in a page, an SVG file or a PNG. SVG carries its words as text, so
 * that only a PNG needs a font on the machine that draws.
 */
package org.klif.chart;
