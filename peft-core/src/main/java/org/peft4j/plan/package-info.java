/** Planning: from a config and a model's sites to adapters. */
@NullMarked
package org.peft4j.plan;

import org.jspecify.annotations.NullMarked;
