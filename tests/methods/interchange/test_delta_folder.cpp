// Delta folders that do not fit the backbone: each is refused by a message that names the file and the address.

#include "methods/interchange/delta_folder/delta_folder.h"
#include "tests/support/tiny_backbone.h"
#include "tests/support/tiny_methods.h"

using namespace diapason;
using namespace diapason::testing;

class TestDeltaFolder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void addressesThatTheBackboneLacks_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("name");
        const auto row = [](const char* family, const char* name) {
            QTest::addRow("%s: %s", family, name) << family << name;
        };
        row("bert", "encoder.0.ffn.kv.key");
        row("bert", "encoder.0.cross_attn.kv.key");
        row("bert", "encoder.9.self_attn.kv.key");
        row("bert", "decoder.0.self_attn.kv.key");
        row("bert", "encoder.ffn.kv.reparam.wte");
        row("bert", "encoder.0.nowhere.kv.key");
        row("bert", "encoder.0.nowhere.block.down.weight");
        row("bert", "encoder.0.ffn.heads.down.weight");
        row("bert", "encoder.0.ffn.q.lora_A");
        row("bert", "encoder.0.self_attn.fc1.lora_A");
        row("bert", "decoder.embedding.prompt.weight");
        row("bert", "encoder.0.self_attn.nowhere.weight");
        row("bert", "encoder.-1.self_attn.kv.key");
        row("bert", "encoder");
        row("bert", "...");
        row("t5", "encoder.0.cross_attn.kv.key");
        row("t5", "decoder.0.ffn.kv.key");
        row("gpt2", "decoder.0.cross_attn.block.down.weight");
        row("llama", "decoder.0.ffn.kv.key");
    }
    void addressesThatTheBackboneLacks() {
        QFETCH(QString, family);
        QFETCH(QString, name);
        TemporaryFolder folder;
        write_text(folder / "delta.json", "{}");
        write_tensors(folder / "delta.safetensors", {{name.toStdString(), "F32", {2, 2}, {0, 0, 0, 0}}});
        const auto model = tiny_model(family.toStdString(), heads_of(family.toStdString()).front());
        const Caught error = caught([&] { read_delta_folder(folder.path(), *model); });
        QVERIFY(error.thrown && error.kind == ErrorKind::input);
        QVERIFY2(error.says("delta.safetensors"), error.message.c_str());
        const QString address = name.section(QLatin1Char('.'), 0, 2);
        QVERIFY2(error.says(address.toStdString()), error.message.c_str());
    }
};

DIAPASON_TEST(TestDeltaFolder)
#include "test_delta_folder.moc"
