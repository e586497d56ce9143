// Which rows make which split, and which of them a sample.

#include "core/data/splits.h"
#include "core/data/task_document.h"
#include "core/data/task_guess.h"
#include "tests/support/own_tasks.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

Dataset rows(std::size_t count, const std::function<void(Example&, std::size_t)>& change = {}) {
    std::vector<Example> examples(count);
    for (std::size_t i = 0; i < count; ++i) {
        examples[i].id = std::to_string(i);
        examples[i].text = "text " + std::to_string(i);
        examples[i].label = i % 5 == 0 ? "rare" : "usual";
        examples[i].line = i + 1;
        if (change) change(examples[i], i);
    }
    return Dataset(std::move(examples));
}

const std::set<std::string> usual = {"train", "validation", "test"};

std::map<std::string, std::vector<std::size_t>> divided(const Dataset& data, const SplitRule& rule,
                                                        const std::set<std::string>& sharing = usual) {
    std::map<std::string, std::vector<std::size_t>> splits;
    for (const std::string& split : sharing)
        splits[split] = rows_of_split(data, rule, split, sharing, "file");
    return splits;
}

// Every row is in one split.
bool complete(const std::map<std::string, std::vector<std::size_t>>& splits, std::size_t count) {
    std::set<std::size_t> seen;
    std::size_t sum = 0;
    for (const auto& [split, own] : splits) {
        seen.insert(own.begin(), own.end());
        sum += own.size();
    }
    return seen.size() == count && sum == count;
}

} // namespace

class TestSplits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sharesAreMet_data() {
        QTest::addColumn<QByteArray>("shares");
        QTest::addColumn<QStringList>("sharing");
        QTest::addColumn<QList<double>>("expected"); ///< in the order of `sharing`
        QTest::newRow("usual") << QByteArray("{}")
                               << QStringList{QStringLiteral("train"), QStringLiteral("validation"),
                                              QStringLiteral("test")}
                               << QList<double>{0.8, 0.1, 0.1};
        QTest::newRow("halves of a dev set")
            << QByteArray("{}") << QStringList{QStringLiteral("validation"), QStringLiteral("test")}
            << QList<double>{0.5, 0.5};
        QTest::newRow("without test") << QByteArray("{}")
                                      << QStringList{QStringLiteral("train"), QStringLiteral("validation")}
                                      << QList<double>{0.9, 0.1};
        QTest::newRow("own") << QByteArray(R"({"train": 0.5, "validation": 0.2, "test": 0.3})")
                             << QStringList{QStringLiteral("train"), QStringLiteral("validation"),
                                            QStringLiteral("test")}
                             << QList<double>{0.5, 0.2, 0.3};
        QTest::newRow("own, with ood") << QByteArray(R"({"train": 0.4, "ood": 0.6})")
                                       << QStringList{QStringLiteral("train"), QStringLiteral("ood")}
                                       << QList<double>{0.4, 0.6};
    }
    void sharesAreMet() {
        QFETCH(QByteArray, shares);
        QFETCH(QStringList, sharing);
        QFETCH(QList<double>, expected);
        SplitRule rule;
        const Json given = parse_json(shares.toStdString(), "row");
        for (const auto& [split, share] : given.items())
            rule.shares[split] = share.get<double>();
        std::set<std::string> names;
        for (const QString& name : sharing)
            names.insert(name.toStdString());
        for (const bool stratified : {false, true}) {
            rule.stratified = stratified;
            const auto splits = divided(rows(2000), rule, names);
            QVERIFY(complete(splits, 2000));
            for (int i = 0; i < sharing.size(); ++i) {
                const double share = double(splits.at(sharing[i].toStdString()).size()) / 2000;
                QVERIFY2(std::abs(share - expected[i]) < (stratified ? 0.002 : 0.03),
                         qPrintable(sharing[i] + QString::number(share)));
            }
        }
    }

    void aSeedChangesWhichRows() {
        const Dataset data = rows(500);
        SplitRule rule;
        const auto first = divided(data, rule);
        QCOMPARE(divided(data, rule), first);
        rule.seed = 7;
        QVERIFY(divided(data, rule).at("test") != first.at("test"));
    }

    // A row stays where it is when others come, and whatever their order.
    void rowsStay() {
        const auto few = divided(rows(100), {}), many = divided(rows(300), {});
        for (const auto& [split, own] : few)
            QVERIFY(std::includes(many.at(split).begin(), many.at(split).end(), own.begin(), own.end()));
    }

    void classesHaveTheirShares() {
        SplitRule rule;
        rule.stratified = true;
        const Dataset data = rows(200);
        for (const auto& [split, own] : divided(data, rule)) {
            const auto rare =
                std::count_if(own.begin(), own.end(), [&](std::size_t i) { return data[i].label == "rare"; });
            QCOMPARE(int(rare) * 5, int(own.size()));
        }
    }

    void sourcesStayTogether_data() {
        QTest::addColumn<bool>("stratified");
        QTest::newRow("by hash") << false;
        QTest::newRow("stratified") << true;
    }
    void sourcesStayTogether() {
        QFETCH(bool, stratified);
        SplitRule rule;
        rule.stratified = stratified;
        const Dataset data =
            rows(300, [](Example& e, std::size_t i) { e.source = "document " + std::to_string(i / 7); });
        const auto splits = divided(data, rule);
        QVERIFY(complete(splits, 300));
        std::map<std::string, std::set<std::string>> of;
        for (const auto& [split, own] : splits) {
            QVERIFY(!own.empty());
            for (const std::size_t row : own)
                of[data[row].source].insert(split);
        }
        for (const auto& [source, names] : of)
            QCOMPARE(names.size(), std::size_t(1));
    }

    void rowsThatNameTheirSplit() {
        const Dataset data = rows(40, [](Example& e, std::size_t i) {
            e.split = i < 20 ? "Training" : i < 30 ? "dev" : "test";
        });
        const auto splits = divided(data, {});
        QCOMPARE(splits.at("train").size(), std::size_t(20));
        QCOMPARE(splits.at("validation").front(), std::size_t(20));
        const Dataset wrong = rows(3, [](Example& e, std::size_t i) { e.split = i == 1 ? "7" : "test"; });
        const Caught error = caught([&] { divided(wrong, {}); });
        QVERIFY2(error.says("file") && error.says("line 2: has the split \"7\""), error.message.c_str());
    }

    // Categories that training never sees.
    void groupsAreHeldOut() {
        SplitRule rule;
        rule.held_out = {"Food"};
        const Dataset data = rows(200, [](Example& e, std::size_t i) { e.group = i % 4 == 0 ? "Food" : "City"; });
        const auto splits = divided(data, rule, {"train", "validation", "test", "ood"});
        QVERIFY(complete(splits, 200));
        QCOMPARE(splits.at("ood").size(), std::size_t(50));
        for (const std::size_t row : splits.at("ood"))
            QCOMPARE(data[row].group, std::string("Food"));
    }

    void samplesAreNested_data() {
        QTest::addColumn<int>("order");
        QTest::newRow("file") << int(SampleRule::Order::file);
        QTest::newRow("random") << int(SampleRule::Order::random);
        QTest::newRow("balanced") << int(SampleRule::Order::balanced);
    }
    void samplesAreNested() {
        QFETCH(int, order);
        const Dataset data = rows(200);
        const auto sample = [&](std::int64_t seed) {
            std::vector<std::string> ids;
            for (const Example& example :
                 in_sample_order(data, {SampleRule::Order(order), seed}, [](const Example& e) { return e.label; }))
                ids.push_back(example.id);
            return ids;
        };
        const auto first = sample(1);
        QCOMPARE(std::set<std::string>(first.begin(), first.end()).size(), std::size_t(200));
        QCOMPARE(sample(1), first);
        QCOMPARE(sample(2) != first, SampleRule::Order(order) != SampleRule::Order::file);
        if (SampleRule::Order(order) != SampleRule::Order::balanced) return;
        int rare = 0;
        for (int i = 0; i < 60; ++i) // as many of each, as long as there are some
            rare += std::stoi(first[std::size_t(i)]) % 5 == 0;
        QCOMPARE(rare, 30);
    }

    // Of another file with more rows the same ones come first, if they are in it.
    void samplesDoNotDependOnTheFilesOrder() {
        const Dataset data = rows(50);
        std::vector<std::size_t> backwards(50);
        for (std::size_t i = 0; i < 50; ++i)
            backwards[i] = 49 - i;
        const SampleRule rule{SampleRule::Order::random, 3};
        const auto none = [](const Example&) { return std::string(); };
        const Dataset a = in_sample_order(data, rule, none), b = in_sample_order(chosen(data, backwards), rule, none);
        for (std::size_t i = 0; i < 50; ++i)
            QCOMPARE(a[i].id, b[i].id);
    }

    void taskFilesSayTheRule() {
        TemporaryFolder folder;
        const std::string some = "{\"text\": \"x\", \"label\": \"a\"}\n";
        const auto task = [&](const Json& split) {
            return task_of_rows(folder.path(), "classification",
                                {{"train", some}, {"validation", some}, {"test", some}},
                                {{"labels", {"a", "b"}}, {"split", split}});
        };
        const Json rule = {{"seed", 3},
                           {"stratified", true},
                           {"shares", {{"test", 0.25}, {"train", 0.5}, {"validation", 0.25}}},
                           {"held_out", {"x"}}};
        QCOMPARE(to_json(task(rule)).at("split"), rule);
        QVERIFY(!to_json(task(Json::object())).contains("split"));
        const std::pair<Json, const char*> cases[] = {
            {{{"shares", {{"train", 0.5}, {"test", 0.4}}}}, "must sum to 1"},
            {{{"shares", {{"train", 1.5}, {"test", -0.5}}}}, "between 0 and 1"},
            {{{"shares", {{"trane", 0.5}, {"test", 0.5}}}}, "split.shares.trane"},
            {{{"seed", -1}}, "split.seed"},
            {{{"stratify", true}}, "stratify"},
            {{{"held_out", "x"}}, "held_out"}};
        for (const auto& [split, says] : cases) {
            const Caught error = caught([&, given = split] { task(given); });
            QVERIFY2(error.says(says), error.message.c_str());
        }
    }

    void aColumnOfSplitsIsRecognised() {
        TemporaryFolder folder;
        std::string text = "text,label,split\n";
        for (int i = 0; i < 30; ++i)
            text += "number " + std::to_string(i) + "," + (i % 2 ? "a" : "b") + "," +
                    (i < 20   ? "train"
                     : i < 25 ? "dev"
                              : "test") +
                    "\n";
        write_text(folder / "a.csv", text);
        const Task task = guess_task(folder / "a.csv").task;
        QCOMPARE(load_split(task, "train").size(), std::size_t(20));
        QCOMPARE(load_split(task, "validation").size(), std::size_t(5));
        QCOMPARE(load_split(task, "test").size(), std::size_t(5));
    }
};

DIAPASON_TEST(TestSplits)
#include "test_splits.moc"
