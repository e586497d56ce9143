// Golden cases of independent implementations: what this version supports passes, and the rest says so.

#include "experiments/engine/verify/verify.h"
#include "tests/support/test_support.h"
#include "tests/support/verified.h"

using namespace diapason;
using namespace diapason::testing;

class TestParity : public QObject {
    Q_OBJECT

    /// Everything passes.
    void check_all(const std::filesystem::path& folder, const std::string& only) {
        const auto [result, failures] = verified(folder, only);
        QVERIFY2(result.failed == 0, failures.c_str());
        QVERIFY(result.passed > 0);
    }

private Q_SLOTS:
    void everyCase_data() {
        QTest::addColumn<QString>("only");
        for (const char* only : {"parity/forward", "parity/train", "parity/peft", "parity/adapterhub", "parity/exact"})
            QTest::newRow(only) << only;
    }
    void everyCase() {
        QFETCH(QString, only);
        check_all(fixtures() / "parity", only.toStdString());
    }

    void generation() { check_all(fixtures() / "generate", ""); }

    void aBrokenCaseFailsWithAMessage() {
        TemporaryFolder folder;
        write_text(folder.path() / "case" / "case.json", R"({"kind": "forward", "family": "bert"})");
        std::string line;
        const auto result = verify_cases(folder.path(), "", "cpu", [&](const std::string& text) { line = text; });
        QCOMPARE(result.failed, std::int64_t(1));
        QVERIFY2(line.find("FAIL") == 0 && line.find("case.json") != std::string::npos, line.c_str());
        write_text(folder.path() / "case" / "case.json", R"({"kind": "dance", "head": "none", "backbone": "b"})");
        verify_cases(folder.path(), "", "cpu", [&](const std::string& text) { line = text; });
        QVERIFY2(line.find("unsupported: ") != std::string::npos, line.c_str());
        QVERIFY(caught([&] { verify_cases(folder / "nothing", "", "cpu", {}); }).thrown);
    }

    // Nothing that a case expects is passed over.
    void whatNobodyComputesFails() {
        TemporaryFolder folder;
        const auto run = [&](const char* name, const char* field, const Json& value) {
            const auto source = fixtures() / "parity" / name;
            std::filesystem::copy(source, folder / "case", std::filesystem::copy_options::recursive);
            Json document = read_json(folder.path() / "case" / "case.json");
            document["backbone"] =
                std::filesystem::canonical(source / document["backbone"].get<std::string>()).string();
            document[field] = value;
            write_text(folder.path() / "case" / "case.json", document.dump());
            const std::string failures = verified(folder / "case").failures;
            std::filesystem::remove_all(folder / "case");
            return failures;
        };
        const std::string lost = run("train/bert-seqcls", "kind", "forward");
        QVERIFY2(lost.find("expected.train_losses") != std::string::npos, lost.c_str());
        const std::string counts = run("exact/propetl-lora-bert", "counts", {{"trained", 1635}, {"mask_bits", 1023}});
        QVERIFY2(counts.find("counts.mask_bits") != std::string::npos, counts.c_str());
        QVERIFY2(counts.find("counts.trained") == std::string::npos, counts.c_str());
    }

    // The tolerance has to bite: a changed weight is noticed.
    void aWrongWeightIsNoticed() {
        TemporaryFolder folder;
        const auto source = fixtures() / "parity" / "forward" / "bert-none";
        std::filesystem::copy(source, folder / "case", std::filesystem::copy_options::recursive);
        Json document = read_json(folder.path() / "case" / "case.json");
        const auto backbone = std::filesystem::canonical(source / document["backbone"].get<std::string>());
        std::filesystem::copy(backbone, folder / "backbone", std::filesystem::copy_options::recursive);
        document["backbone"] = "../backbone";
        write_text(folder.path() / "case" / "case.json", document.dump());
        QCOMPARE(verify_cases(folder / "case", "", "cpu", [](const std::string&) {}).failed, std::int64_t(0));
        Json config = read_json(folder.path() / "backbone" / "config.json");
        config["layer_norm_eps"] = 1e-3;
        write_text(folder.path() / "backbone" / "config.json", config.dump());
        QVERIFY(verify_cases(folder / "case", "", "cpu", [](const std::string&) {}).failed > 0);
    }
};

DIAPASON_TEST(TestParity)
#include "test_parity.moc"
