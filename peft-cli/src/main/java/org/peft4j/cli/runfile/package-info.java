/** A file that describes a run: options by their long names. */
@NullMarked
package org.peft4j.cli.runfile;

import org.jspecify.annotations.NullMarked;
