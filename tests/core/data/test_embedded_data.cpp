// The data that come with Diapason: complete, balanced as described, and no source package in two splits.

#include "core/backbone/backbone_config.h"
#include "core/backbone/tensor_file.h"
#include "core/base/sha256.h"
#include "core/data/task.h"
#include "core/library/library.h"
#include "tests/support/test_support.h"

#include <map>
#include <set>
#include <sstream>

using namespace diapason;
using namespace diapason::testing;

class TestEmbeddedData : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void manifestIsTrue() {
        const std::filesystem::path root = source_folder() / "resources";
        const Json manifest = read_json(root / "data" / "manifest.json", 8u << 20);
        int checked = 0;
        const Json& files = manifest.at("files");
        for (const auto& [name, sha256] : files.items()) {
            QVERIFY2(std::filesystem::exists(root / name), name.c_str());
            QCOMPARE(sha256_of_file(root / name), sha256.get<std::string>());
            ++checked;
        }
        QVERIFY(checked >= 7);
    }

    void splitsShareNoSourcePackage_data() {
        QTest::addColumn<QString>("task");
        QTest::newRow("section") << "section";
        QTest::newRow("synopsis") << "synopsis";
    }
    void splitsShareNoSourcePackage() {
        QFETCH(QString, task);
        const Task loaded = load_task(task.toStdString());
        std::map<std::string, std::string> home; // source → split
        for (const auto& [split, file] : loaded.data) {
            const Dataset data = load_split(loaded, split);
            QVERIFY2(data.size() >= 200, split.c_str());
            for (const Example& example : data) {
                QVERIFY(!example.source.empty() && !example.text.empty());
                const auto [place, fresh] = home.emplace(example.source, split);
                QVERIFY2(fresh || place->second == split, (example.source + " is in two splits").c_str());
            }
        }
    }

    void everyClassIsEverywhere() {
        const Task task = load_task("section");
        QCOMPARE(task.classes(), std::int64_t(12));
        for (const char* split : {"train", "validation", "test"}) {
            std::set<int> seen;
            for (const Example& example : load_split(task, split))
                seen.insert(example.label_index);
            QCOMPARE(seen.size(), std::size_t(12));
        }
    }

    // Each comes with its recipe, its log and what came out, and is as small as promised.
    void backbonesAreCompleteAndSmall_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"encoder-mini", "decoder-mini"})
            QTest::newRow(name) << name;
    }
    void backbonesAreCompleteAndSmall() {
        QFETCH(QString, name);
        const std::filesystem::path folder = resolve_backbone(name.toStdString());
        QVERIFY(read_backbone_config(folder).parameter_count() <= 8'000'000);
        QVERIFY(std::filesystem::file_size(folder / "model.safetensors") <= 16u << 20);
        for (const TensorFile& file : open_weights(folder))
            for (const TensorEntry& entry : file.entries())
                QCOMPARE(entry.dtype, std::string("F16"));
        const Json training = read_json(folder / "training.json");
        QCOMPARE(training.at("recipe").at("id").get<std::string>(), name.toStdString());
        // Far below the loss of guessing among 8,192 pieces, which is 9.01.
        QVERIFY(training.at("held_out_loss").get<double>() < 6);
        std::istringstream log(read_file(folder / "pretrain-log.jsonl", 8u << 20));
        std::string line;
        std::int64_t last = 0;
        while (std::getline(log, line)) {
            const auto step = parse_json(line, "log").at("step").get<std::int64_t>();
            QVERIFY(step >= last);
            last = step;
        }
        QCOMPARE(last, training.at("steps").get<std::int64_t>());
    }

    void thereIsAnOutOfDomainSplit() { QVERIFY(!load_split(load_task("section"), "ood").empty()); }
};

DIAPASON_TEST(TestEmbeddedData)
#include "test_embedded_data.moc"
