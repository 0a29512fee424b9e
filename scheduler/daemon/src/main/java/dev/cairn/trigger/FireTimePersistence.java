package dev.cairn.trigger;

import dev.cairn.workflow.cron.FireTimes;
import org.quartz.impl.jdbcjobstore.SimplePropertiesTriggerPersistenceDelegateSupport;
import org.quartz.impl.jdbcjobstore.SimplePropertiesTriggerProperties;
import org.quartz.spi.OperableTrigger;

/** Keeps {@link FireTimeTrigger}s in Quartz's tables, as text. Quartz creates it by its class name in the settings. */
public final class FireTimePersistence extends SimplePropertiesTriggerPersistenceDelegateSupport {
    @Override
    public boolean canHandleTriggerType(OperableTrigger trigger) {
        return trigger instanceof FireTimeTrigger;
    }

    @Override
    public String getHandledTriggerTypeDiscriminator() {
        return "CAIRN";
    }

    @Override
    protected SimplePropertiesTriggerProperties getTriggerProperties(OperableTrigger trigger) {
        SimplePropertiesTriggerProperties properties = new SimplePropertiesTriggerProperties();
        properties.setString1(((FireTimeTrigger) trigger).text());
        return properties;
    }

    @Override
    protected TriggerPropertyBundle getTriggerPropertyBundle(SimplePropertiesTriggerProperties properties) {
        return new TriggerPropertyBundle(
                FireTimeTrigger.builder(FireTimes.parse(properties.getString1())), new String[0], new Object[0]);
    }
}
