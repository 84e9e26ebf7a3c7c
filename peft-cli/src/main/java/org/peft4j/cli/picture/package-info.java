/** Pictures on the command line. */
@NullMarked
package org.peft4j.cli.picture;

import org.jspecify.annotations.NullMarked;
