/** Small networks that compute the vectors of a prompt from trained embeddings. */
@NullMarked
package org.peft4j.prompt.encoder;

import org.jspecify.annotations.NullMarked;
