/**
 * Networks: the text form, layers with explicit forward and backward passes, parameters and the
 * memory plan. A {@link org.klif.nn.Network} owns parameters; a {@link org.klif.nn.NetworkPlan}
 * runs it for one batch size. Everything is computed by a {@link org.klif.device.Device}.
 */
package org.klif.nn;
