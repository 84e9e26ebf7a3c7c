/** Objectives of preferences on the command line. */
@NullMarked
package org.peft4j.cli.preference;

import org.jspecify.annotations.NullMarked;
