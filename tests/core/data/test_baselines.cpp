// What is reached without a model, by hand.

#include "core/data/baselines.h"
#include "tests/support/own_tasks.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

/// Baselines of a task whose splits are these rows.
std::map<std::string, std::map<std::string, double>> baselines(const std::string& kind, const std::string& train,
                                                               const std::string& test, const Json& changes) {
    TemporaryFolder folder;
    const Task task =
        task_of_rows(folder.path(), kind, {{"train", train}, {"validation", test}, {"test", test}}, changes);
    std::map<std::string, std::map<std::string, double>> all;
    for (const Baseline& baseline : baselines_of(task, "test"))
        all[baseline.name] = baseline.metrics;
    return all;
}

} // namespace

class TestBaselines : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void classes() {
        const auto all = baselines("classification",
                                   R"({"text": "a", "label": "x"}
{"text": "b", "label": "x"}
{"text": "c", "label": "y"})",
                                   R"({"text": "c", "label": "y"}
{"text": "d", "label": "x"}
{"text": "e", "label": "y"}
{"text": "a", "label": "y"})",
                                   {{"labels", {"x", "y"}}});
        QCOMPARE(all.at("majority").at("accuracy"), 0.25);
        QCOMPARE(all.at("lookup").at("accuracy"), 0.5); // c is known; d is x as most are; a was another then
        QVERIFY(all.count("copy") == 0);
    }

    void numbers() {
        const auto all =
            baselines("regression", "{\"text\": \"a\", \"number\": 1}\n{\"text\": \"b\", \"number\": 3}\n",
                      "{\"text\": \"a\", \"number\": 1}\n{\"text\": \"c\", \"number\": 4}\n", Json::object());
        QCOMPARE(all.at("mean").at("mean_squared_error"), (1.0 + 4.0) / 2);
        QCOMPARE(all.at("lookup").at("mean_squared_error"), (0.0 + 4.0) / 2);
        QVERIFY(all.at("mean").count("pearson") == 0); // of a constant it is undefined
    }

    void sets() {
        const auto all = baselines(
            "multi_label", "{\"text\": \"a\", \"labels\": [\"x\"]}\n{\"text\": \"b\", \"labels\": [\"x\", \"y\"]}\n",
            "{\"text\": \"c\", \"labels\": [\"x\"]}\n{\"text\": \"b\", \"labels\": [\"x\", \"y\"]}\n",
            {{"labels", {"x", "y"}}});
        QCOMPARE(all.at("majority").at("set_match"), 0.5);
        QCOMPARE(all.at("lookup").at("set_match"), 1.0);
    }

    void optionsByTheirPlace() {
        const auto all = baselines("multiple_choice",
                                   "{\"text\": \"a\", \"options\": [\"p\", \"q\"], \"label\": 1}\n"
                                   "{\"text\": \"b\", \"options\": [\"p\", \"q\"], \"label\": 1}\n",
                                   "{\"text\": \"c\", \"options\": [\"1\", \"0\"], \"label\": \"0\"}\n"
                                   "{\"text\": \"d\", \"options\": [\"r\", \"s\"], \"label\": \"A\"}\n",
                                   Json::object());
        QCOMPARE(all.at("majority").at("accuracy"), 0.5); // always the second
    }

    void tags() {
        const auto all = baselines("tagging", R"({"words": ["a", "b", "a"], "tags": ["B-X", "O", "O"]})",
                                   R"({"words": ["a", "b", "c", "a"], "tags": ["B-X", "O", "O", "O"]})",
                                   {{"labels", {"O", "B-X"}}, {"metrics", {"tag_accuracy"}}});
        QCOMPARE(all.at("majority").at("tag_accuracy"), 0.75);
        QCOMPARE(all.at("lookup").at("tag_accuracy"), 0.75); // "a" was B-X first
    }

    void texts() {
        const Json metrics = {{"metrics", {"exact_match"}}};
        const auto all =
            baselines("generation", "{\"text\": \"a\", \"target\": \"b\"}\n",
                      "{\"text\": \"c\", \"target\": \"c\"}\n{\"text\": \"a\", \"target\": \"b\"}\n", metrics);
        QCOMPARE(all.at("majority").at("exact_match"), 0.5);
        QCOMPARE(all.at("lookup").at("exact_match"), 0.5);
        QCOMPARE(all.at("copy").at("exact_match"), 0.5);
        const auto spans = baselines("span", R"({"text": "x y", "pair": "q", "answers": ["x"]})",
                                     R"({"text": "x", "pair": "r", "answers": ["x"]})", Json::object());
        QCOMPARE(spans.at("majority").at("squad_em"), 1.0);
        QCOMPARE(spans.at("copy").at("squad_em"), 1.0);
    }
};

DIAPASON_TEST(TestBaselines)
#include "test_baselines.moc"
