/** {@code peft train}. */
@NullMarked
package org.peft4j.cli.train;

import org.jspecify.annotations.NullMarked;
