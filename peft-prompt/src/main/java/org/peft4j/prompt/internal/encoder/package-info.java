/** The networks that make a prompt or prefix of trained embeddings. */
@NullMarked
package org.peft4j.prompt.internal.encoder;

import org.jspecify.annotations.NullMarked;
