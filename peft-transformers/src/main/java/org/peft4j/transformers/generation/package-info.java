/** Text generation with a language model: one token at a time, with a cache of keys and values. */
@NullMarked
package org.peft4j.transformers.generation;

import org.jspecify.annotations.NullMarked;
