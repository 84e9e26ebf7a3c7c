@NullMarked
package org.peft4j.transformers.internal.position;

import org.jspecify.annotations.NullMarked;
