/** Tests. */
@NullMarked
package org.peft4j.transformers.internal.layer;

import org.jspecify.annotations.NullMarked;
