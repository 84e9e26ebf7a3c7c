/** A language model becomes a classifier of texts. */
@NullMarked
package org.peft4j.examples.classification;

import org.jspecify.annotations.NullMarked;
