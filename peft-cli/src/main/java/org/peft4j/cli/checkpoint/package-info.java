/** Commands that read or write folders: {@code init}, {@code inspect} and {@code merge}. */
@NullMarked
package org.peft4j.cli.checkpoint;

import org.jspecify.annotations.NullMarked;
