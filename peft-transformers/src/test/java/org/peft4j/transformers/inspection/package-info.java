@NullMarked
package org.peft4j.transformers.inspection;

import org.jspecify.annotations.NullMarked;
