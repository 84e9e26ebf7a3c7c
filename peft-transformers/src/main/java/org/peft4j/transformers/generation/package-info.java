/** Text from a language model: one token after another, with a cache of keys and values. */
@NullMarked
package org.peft4j.transformers.generation;

import org.jspecify.annotations.NullMarked;
