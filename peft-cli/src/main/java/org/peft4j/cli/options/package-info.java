/** Options that several commands have, and what they come to: a model, an adapter, data. */
@NullMarked
package org.peft4j.cli.options;

import org.jspecify.annotations.NullMarked;
