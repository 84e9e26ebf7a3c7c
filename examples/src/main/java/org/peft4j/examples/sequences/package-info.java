/** Adapting a recurrent network of Deeplearning4j's own layers. */
@NullMarked
package org.peft4j.examples.sequences;

import org.jspecify.annotations.NullMarked;
