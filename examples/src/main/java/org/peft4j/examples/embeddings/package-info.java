/** An encoder learns which texts belong together. */
@NullMarked
package org.peft4j.examples.embeddings;

import org.jspecify.annotations.NullMarked;
