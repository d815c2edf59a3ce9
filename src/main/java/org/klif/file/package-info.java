/**
 * How files and folders are written: whole or not at all, through no link, and private where what
 * they hold is run.
 */
package org.klif.file;
