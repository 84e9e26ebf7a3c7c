/** The shape and the token ids of a batch. */
@NullMarked
package org.peft4j.transformers.internal.batch;

import org.jspecify.annotations.NullMarked;
