/**
 * What a researcher runs after changing a kernel: golden vectors through the real device code
 * ({@code klif verify}), and backward passes against finite differences ({@code klif gradcheck}).
 */
package org.klif.verify;
