/** The {@code peft} command: one small class for each sub-command, on the libraries' public API. */
@NullMarked
package org.peft4j.cli;

import org.jspecify.annotations.NullMarked;
