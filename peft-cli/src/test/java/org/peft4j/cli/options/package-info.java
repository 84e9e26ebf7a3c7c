/** Tests of what commands have in common. */
@NullMarked
package org.peft4j.cli.options;

import org.jspecify.annotations.NullMarked;
