// slow
// diapason-cli backbone as its users meet it.

#include "core/base/sha256.h"
#include "tests/support/program.h"
#include "tests/support/tiny_backbone.h"

#include <cmath>

using namespace diapason;
using namespace diapason::testing;
namespace fs = std::filesystem;

namespace {

Outcome cli(const TemporaryFolder& folder, const char* line) {
    return run_cli(folder.path(), QString::fromUtf8(line).split(QLatin1Char(' ')));
}

} // namespace

class TestBackboneCli : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fromImportToRemoval() {
        TemporaryFolder folder;
        tiny_backbone(folder / "source");
        const Outcome imported = cli(folder, "backbone import source --name small --json");
        QVERIFY2(imported.code == 0, imported.error.c_str());
        const Json record = parse_json(imported.out, "output"); // progress is on standard error
        QCOMPARE(record["licence"], Json("apache-2.0"));
        QCOMPARE(record["canary"]["values"].size(), std::size_t(16));
        QVERIFY(imported.error.find("copying") != std::string::npos);
        QVERIFY(cli(folder, "backbone list").says("small"));
        QVERIFY(cli(folder, "backbones").says("small"));
        const Outcome shown = cli(folder, "backbone show small");
        QVERIFY(shown.says("encoder.*.self_attn.q") && shown.says("apache-2.0") && shown.says("31 pieces"));
        const Outcome checked = cli(folder, "backbone check small --json");
        QVERIFY2(checked.code == 0 && parse_json(checked.out, "output")["good"] == Json(true), checked.error.c_str());
        // It is a backbone like any other.
        Json study = tiny_study();
        study["backbone"] = "small";
        study["methods"] = {{{"method", "head_only"}}};
        study["seeds"] = {1};
        write_text(folder / "study.json", study.dump());
        const Outcome ran = cli(folder, "study run study.json --quiet");
        QVERIFY2(ran.code == 0, ran.error.c_str());
        const Outcome refused = cli(folder, "backbone remove small");
        QCOMPARE(refused.code, 2);
        QVERIFY2(refused.says("Tiny") && refused.says("--force"), refused.error.c_str());
        QCOMPARE(cli(folder, "backbone remove small --force").code, 0);
        QVERIFY(!fs::exists(folder / "backbones" / "small"));
    }

    void damageFailsTheCheck() {
        TemporaryFolder folder;
        tiny_backbone(folder / "source");
        QCOMPARE(cli(folder, "backbone import source").code, 0);
        auto tensors = tiny_tensors(tiny_backbone_config());
        tensors.back().values.front() += 1; // of the last layer, which every token goes through
        write_tensors(folder / "backbones" / "source" / "model.safetensors", tensors);
        const Outcome damaged = cli(folder, "backbone check source");
        QCOMPARE(damaged.code, 3);
        QVERIFY2(damaged.says("model.safetensors"), damaged.out.c_str());
        // The same hashes, but weights that compute something else: the sentence tells.
        Json record = read_json(folder / "backbones" / "source" / "backbone.json");
        for (Json& file : record["files"]) {
            const fs::path path = folder / "backbones" / "source" / file["name"].get<std::string>();
            file["sha256"] = sha256_of_file(path);
        }
        write_text(folder / "backbones" / "source" / "backbone.json", record.dump());
        const Outcome other = cli(folder, "backbone check source");
        QCOMPARE(other.code, 3);
        QVERIFY2(other.says("hidden states differ"), other.out.c_str());
    }

    void weightsThatAreNotFiniteStayOutside() {
        TemporaryFolder folder;
        tiny_backbone(folder / "source");
        auto tensors = tiny_tensors(tiny_backbone_config());
        for (float& value : tensors.back().values)
            value = std::nanf("");
        write_tensors(folder / "source" / "model.safetensors", tensors);
        const Outcome refused = cli(folder, "backbone import source");
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.says("not finite"), refused.error.c_str());
        QVERIFY(listing(folder / "backbones").empty());
    }

    void killedAndInterruptedImports() {
        TemporaryFolder folder;
        Json document = tiny_backbone_config();
        tiny_backbone(folder / "source");
        document.update({{"vocab_size", 60000}, {"hidden_size", 512}}); // long enough to be met at work
        write_text(folder / "source" / "config.json", document.dump());
        write_tensors(folder / "source" / "model.safetensors", tiny_tensors(document));
        const QStringList line = {QStringLiteral("backbone"), QStringLiteral("import"), QStringLiteral("source")};
        const auto begun = [&] { return !listing(folder / "backbones").empty(); };
        QProcess killed;
        prepare(killed, folder.path(), line);
        killed.start();
        EVENTUALLY(begun());
        killed.kill();
        QVERIFY(killed.waitForFinished());
        QVERIFY(!fs::exists(folder / "backbones" / "source"));
        QVERIFY(!cli(folder, "backbone list").says("import-"));
        QProcess stopped;
        prepare(stopped, folder.path(), line);
        stopped.start();
        QByteArray said;
        EVENTUALLY((said += stopped.readAllStandardError()).contains("model.safetensors"));
        stopped.terminate();
        QVERIFY(stopped.waitForFinished());
        QCOMPARE(stopped.exitCode(), 75);
        QVERIFY2(listing(folder / "backbones").empty(), "what the killed one left has been swept too");
    }

    void mistakes_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("part");
        QTest::newRow("absent source") << "backbone import absent" << 3 << "absent";
        QTest::newRow("name of an embedded one") << "backbone import source --name encoder-mini" << 2 << "encoder-mini";
        QTest::newRow("path as a name") << "backbone import source --name ../x" << 2 << "--name";
        QTest::newRow("unknown to show") << "backbone show encoder-mni" << 2 << "encoder-mini";
        QTest::newRow("unknown to check") << "backbone check nothing-like-it" << 2 << "nothing-like-it";
        QTest::newRow("unknown to remove") << "backbone remove nothing" << 2 << "backbone list";
        QTest::newRow("embedded to remove") << "backbone remove decoder-mini" << 2 << "cannot be removed";
        QTest::newRow("no command") << "backbone" << 2 << "import";
    }
    void mistakes() {
        QFETCH(QString, line);
        QFETCH(int, code);
        QFETCH(QString, part);
        TemporaryFolder folder;
        tiny_backbone(folder / "source");
        const Outcome outcome = run_cli(folder.path(), line.split(QLatin1Char(' ')));
        QVERIFY2(outcome.code == code, (std::to_string(outcome.code) + ": " + outcome.error).c_str());
        QVERIFY2(outcome.says(part.toStdString()), outcome.error.c_str());
        QVERIFY(listing(folder / "backbones").empty());
    }

    void everythingHasHelp() {
        TemporaryFolder folder;
        for (const char* line : {"backbone --help", "backbone import --help", "backbone list --help",
                                 "backbone show --help", "backbone check --help", "backbone remove --help"}) {
            const Outcome outcome = cli(folder, line);
            QVERIFY2(outcome.code == 0 && !outcome.out.empty(), line);
        }
        QVERIFY(fs::is_empty(folder.path()));
    }
};

DIAPASON_TEST(TestBackboneCli)
#include "test_backbone_cli.moc"
