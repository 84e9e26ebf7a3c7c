/** Tests. */
@NullMarked
package org.peft4j.transformers.layer;

import org.jspecify.annotations.NullMarked;
