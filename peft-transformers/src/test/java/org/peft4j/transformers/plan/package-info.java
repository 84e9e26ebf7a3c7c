@NullMarked
package org.peft4j.transformers.plan;

import org.jspecify.annotations.NullMarked;
