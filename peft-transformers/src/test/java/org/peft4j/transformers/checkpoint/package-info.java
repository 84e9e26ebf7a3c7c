@NullMarked
package org.peft4j.transformers.checkpoint;

import org.jspecify.annotations.NullMarked;
