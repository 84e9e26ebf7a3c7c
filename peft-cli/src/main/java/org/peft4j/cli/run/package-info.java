/** Commands that run a model: {@code eval}, {@code generate} and {@code forward}. */
@NullMarked
package org.peft4j.cli.run;

import org.jspecify.annotations.NullMarked;
