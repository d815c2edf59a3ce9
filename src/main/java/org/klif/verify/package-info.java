/**
 * What a researcher runs after changing a kernel: golden vectors through the real device code
 * ({@code klif verify}), and backward passes against finite differences ({@code klif gradcheck}).
 * Both take bfloat16, too; the references in float64 say what is right there.
 */
package org.klif.verify;
