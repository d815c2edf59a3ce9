/**
 * The table of results: which runs it is made of (a committed table file), which of them are still
 * to be done and fit a budget, and what the finished ones say, with statistics over seeds.
 */
package org.klif.reproduce;
