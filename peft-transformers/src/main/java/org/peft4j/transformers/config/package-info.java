/** The architecture of a model, read strictly from its {@code config.json}. */
@NullMarked
package org.peft4j.transformers.config;

import org.jspecify.annotations.NullMarked;
