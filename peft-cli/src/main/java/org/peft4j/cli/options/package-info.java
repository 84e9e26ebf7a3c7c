/** Options of several commands, and what they open: a model, an adapter, data. */
@NullMarked
package org.peft4j.cli.options;

import org.jspecify.annotations.NullMarked;
