/** The files of a data set where they lie: in a folder, or in an archive that is not unpacked. */
package org.klif.data.archive;
