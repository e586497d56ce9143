// Studies: what they expand to, and that everything wrong with one is said at once.

#include "core/base/paths.h"
#include "experiments/study/study_schema.h"
#include "methods/catalog/method_info.h"
#include "tests/support/plans.h"
#include "tests/support/test_support.h"

#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

Json study_document() {
    return {{"format", "diapason-study"},
            {"version", 1},
            {"id", "mine"},
            {"title", "Mine"},
            {"backbone", "encoder-mini"},
            {"task", "section"},
            {"methods",
             {{{"method", "lora"}, {"vary", {{"rank", {2, 4}}, {"targets", {"q,v", "q,k,v,o"}}}}},
              {{"method", "head_only"}}}},
            {"seeds", {1, 2}}};
}

} // namespace

class TestStudy : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // A preset is its options; what the entry gives itself stands.
    void presetsBecomeOptions() {
        const auto study_with = [](const Json& entry) {
            return Json{
                {"format", "diapason-study"}, {"version", 1},       {"title", "presets"}, {"backbone", "encoder-mini"},
                {"task", "section"},          {"methods", {entry}}, {"seeds", {1}}};
        };
        const MethodPreset& preset = method_info("serial_adapter").presets.front();
        const Study study = study_from_json(
            study_with({{"method", "serial_adapter"}, {"preset", preset.name}, {"options", {{"size", 3}}}}), "x");
        Json expected = preset.options;
        expected["size"] = 3;
        QCOMPARE(study.methods[0].options, expected);
        QCOMPARE(study_from_json(to_json(study), "x").methods[0].options, expected);
        const auto error = caught([&] { study_from_json(study_with({{"method", "lora"}, {"preset", "none"}}), "x"); });
        QVERIFY2(error.says("preset"), error.message.c_str());
    }

    void firstLookIsTwelveArms() {
        const Study study = sample_study("first-look");
        const std::vector<Arm> arms = expand(study);
        QCOMPARE(arms.size(), std::size_t(12));
        QCOMPARE(study.seeds.size(), std::size_t(3));
        std::set<std::string> labels, prints;
        for (const Arm& arm : arms) {
            labels.insert(arm.label);
            prints.insert(fingerprint(arm.spec));
        }
        QCOMPARE(labels.size(), std::size_t(12));
        QCOMPARE(prints.size(), std::size_t(12));
        QVERIFY(planned(study).problems.empty());
    }

    void everySampleCanStart() {
        for (const Study& sample : sample_studies()) {
            const Plan plan = planned(sample);
            QVERIFY2(plan.problems.empty(), sample.id.c_str());
            QCOMPARE(plan.runs(), expand(sample).size() * sample.seeds.size());
            QVERIFY2(!sample.question.empty(), sample.id.c_str());
        }
    }

    void theStoredSchemaIsCurrent() {
        const Json stored = read_json(resource_folder() / "schema" / "study.schema.json");
        QVERIFY2(stored == study_schema(), "diapason-cli study schema > resources/schema/study.schema.json");
        // Every field that a study file is written with is one that the schema knows, and no other is read.
        std::set<std::string> known, written;
        for (const auto& [name, schema] : stored["properties"].items())
            known.insert(name);
        const Json sample = to_json(sample_study("first-look"));
        for (const auto& [name, value] : sample.items())
            written.insert(name);
        QVERIFY(known == written);
    }

    // An address that matches no site is said beside whatever else is wrong.
    void wrongAddressesAreSaidWithTheRest() {
        Json given = study_document();
        given["title"] = "";
        given["methods"][0]["vary"]["targets"] = {"q,v", "q,w"};
        given["methods"][0]["options"] = {{"targets", "encoder.*.self_attn.x"}};
        const Caught error = caught([&] { planned(given); });
        QVERIFY2(error.says("title") && error.says("methods[0].vary.targets = q,w") &&
                     error.says("methods[0].options.targets = encoder.*.self_attn.x"),
                 error.message.c_str());
    }

    void productAndExclusions() {
        Json given = study_document();
        QCOMPARE(planned(given).arms.size(), std::size_t(5));
        given["exclude"] = {{{"match", {{"rank", 4}, {"targets", "q,k,v,o"}}}, {"reason", "too large"}}};
        const auto arms = planned(given).arms;
        QCOMPARE(arms.size(), std::size_t(4));
        for (const Arm& arm : arms)
            QVERIFY(!(arm.levels.value("rank", 0) == 4 && arm.levels["targets"] == "q,k,v,o"));
        given.erase("exclude");
        given["factors"] = {{"training.steps", {10, 20}}};
        const auto doubled = planned(given).arms;
        QCOMPARE(doubled.size(), std::size_t(10));
        QCOMPARE(doubled.front().spec.training_options["steps"], Json(10));
        QCOMPARE(doubled.back().spec.training_options["steps"], Json(20));
    }

    // Entries of one method are arms of their own as long as any option differs, and their labels say which.
    void entriesOfOneMethodAreToldApart() {
        Json given = study_document();
        given["training"] = {{"steps", 10}};
        given["methods"] = {{{"method", "p_tuning_v2"}, {"options", {{"init_std", 0.1}}}},
                            {{"method", "p_tuning_v2"}, {"options", {{"reparametrisation", "mlp"}}}},
                            {{"method", "lora"}, {"training", {{"learning_rate", 0.5}}}},
                            {{"method", "lora"}},
                            {{"method", "ia3"}, {"vary", {{"training.learning_rate", {0.02, 0.03}}}}},
                            {{"method", "ia3"}}};
        const auto arms = planned(given).arms;
        std::vector<std::string> labels;
        for (const Arm& arm : arms)
            labels.push_back(arm.label);
        const std::vector<std::string> expected = {"P-tuning v2, reparametrisation none",
                                                   "P-tuning v2, reparametrisation mlp",
                                                   "LoRA, learning_rate 0.5",
                                                   "LoRA, learning_rate 0.003",
                                                   "IA³, learning_rate 0.02",
                                                   "IA³, learning_rate 0.03",
                                                   "IA³, learning_rate 0.01"};
        QCOMPARE(labels, expected);
        const std::vector<std::string> entries = planned(given).entry_labels;
        QCOMPARE(entries[1], expected[1]);
        QCOMPARE(entries[4], std::string("IA³")); // the one that varies the option
        QCOMPARE(entries[5], expected[6]);
        QCOMPARE(arms[5].entry, std::size_t(4));
        QCOMPARE(arms[5].spec.training_options["learning_rate"], Json(0.03));
        QCOMPARE(arms[5].spec.training_options["steps"], Json(10));
        QCOMPARE(arms[3].levels["training.learning_rate"], Json(method_info("lora").default_learning_rate));
        // What differs can be excluded by it; what does not is one arm twice.
        given["exclude"] = {{{"match", {{"method", "lora"}, {"training.learning_rate", 0.5}}}}};
        QCOMPARE(planned(given).arms.size(), std::size_t(6));
        given["methods"].push_back({{"method", "lora"}, {"options", {{"rank", 8}}}});
        const auto twice = caught([&] { planned(given); });
        QVERIFY2(twice.says("two arms are the same"), twice.message.c_str());
    }

    void anOptionVariesInOnePlace() {
        Json given = study_document();
        given["methods"][0]["vary"] = {{"training.learning_rate", {0.1, 0.2}}};
        given["factors"] = {{"training.learning_rate", {0.1, 0.2}}};
        const auto error = caught([&] { planned(given); });
        QVERIFY2(error.says("methods[0].vary.training.learning_rate: the whole study already varies it"),
                 error.message.c_str());
        given.erase("factors");
        given["methods"][0]["vary"] = {{"training.lerning_rate", {0.1}}};
        const auto wrong = caught([&] { planned(given); });
        QVERIFY2(wrong.says("learning_rate"), wrong.message.c_str());
    }

    void sameMeaningSameBytes() {
        const Study study = study_from_json(study_document(), "x");
        const Study again = study_from_json(to_json(study), "y");
        QCOMPARE(to_json(again).dump(), to_json(study).dump());
        QCOMPARE(expand(again).front().spec, expand(study).front().spec);
    }

    void allProblemsTogether() {
        Json given = study_document();
        given["backbone"] = "encoder-mni";
        given["task"] = "secton";
        given["sedes"] = Json::array({1});
        given["seeds"] = {1, 1};
        given["methods"][0]["vary"]["rank"] = {0};
        given["methods"][0]["options"] = {{"alhpa", 3}};
        given["methods"].push_back({{"method", "lorra"}});
        given["training"] = {{"steps", -1}};
        const Caught error = caught([&] {
            PlanSources sources;
            plan_of_document(given, "study.json", sources);
        });
        QVERIFY(error.thrown && error.kind == ErrorKind::config);
        for (const char* part :
             {"study.json", "encoder-mini", "section", "sedes", "seeds", "rank", "alpha", "lora", "steps"})
            QVERIFY2(error.says(part), (std::string(part) + " in: " + error.message).c_str());
    }

    void emptyAndForeignDocuments() {
        QVERIFY(caught([] { study_from_json(Json::object(), "x"); }).thrown);
        QVERIFY(caught([] { study_from_json(Json::array(), "x"); }).thrown);
        Json none = study_document();
        none["methods"] = Json::array();
        QVERIFY(caught([&] { planned(none); }).says("methods"));
        Json newer = study_document();
        newer["version"] = 99;
        QVERIFY(caught([&] { planned(newer); }).says("99"));
        Json all_excluded = study_document();
        all_excluded["exclude"] = {{{"match", {{"method", "lora"}}}}, {{"match", {{"method", "head_only"}}}}};
        QVERIFY(caught([&] { planned(all_excluded); }).says("no arm"));
        for (const Json& match : {Json::object(), Json{{"rank", 77}}, Json{{"rnk", 2}}}) {
            Json slip = study_document();
            slip["exclude"] = {{{"match", match}}};
            QVERIFY(caught([&] { planned(slip); }).says("exclude[0].match"));
        }
    }

    // Each list is bounded by itself, before anything is made of its entries.
    void absurdlyLongListsAreRefused() {
        Json many = Json::array();
        for (int i = 1; i <= 60'000; ++i)
            many.push_back(i);
        const auto message = [](const Json& changes) {
            Json given = study_document();
            given.update(changes);
            return caught([&] { planned(given); }).message;
        };
        const auto says = [](const std::string& text, const std::string& part) {
            return text.find(part) != std::string::npos && text.size() < 2000;
        };
        const Json lora = {{"method", "lora"}};
        QVERIFY(says(message({{"methods", {{{"method", "lora"}, {"vary", {{"rank", many}}}}}}}),
                     "methods[0].vary.rank = 60000 levels: may have at most 1000"));
        QVERIFY(says(message({{"factors", {{"training.steps", many}}}}), "factors.training.steps = 60000 levels"));
        QVERIFY(says(message({{"methods", std::vector<Json>(1001, lora)}}), "methods = 1001 entries"));
        QVERIFY(says(message({{"exclude", std::vector<Json>(1001, Json{{"match", lora}})}}), "exclude = 1001 entries"));
    }

    void repeatedLevelsAreSaidOnce() {
        Json given = study_document();
        given["methods"][0]["vary"] = {{"rank", std::vector<int>(1000, 4)}};
        const std::string message = caught([&] { planned(given); }).message;
        const auto first = message.find("this level appears twice");
        QVERIFY2(first != std::string::npos && message.find("this level appears twice", first + 1) == std::string::npos,
                 message.c_str());
    }

    void absurdlyManyArmsAreRefused() {
        Json given = study_document();
        Json levels = Json::array();
        for (int i = 1; i <= 60; ++i)
            levels.push_back(i);
        given["methods"][0]["vary"] = {{"rank", levels}};
        Json many = Json::array();
        for (int i = 1; i <= 4000; ++i)
            many.push_back(i);
        given["factors"] = {{"training.steps", many}};
        QVERIFY(caught([&] { planned(given); }).thrown);
    }

    void methodsThatCannotBeAreRefusedWithTheReason() {
        Json given = study_document();
        given["methods"][0]["vary"] = {{"targets", {"q", "gate"}}}; // an encoder has none
        QVERIFY(caught([&] { planned(given); }).says("gate"));
    }

    // What is wrong with a task is said when the study is checked, not by its runs: file, field, value, known names.
    void aTaskThatCannotBeJudgedIsRefused() {
        TemporaryFolder folder;
        const auto refused = [&](const Json& changes, const Json& training = Json::object()) {
            Json task = {{"format", "diapason-task"},
                         {"version", 1},
                         {"data", {{"train", "a.tsv"}, {"validation", "a.tsv"}, {"test", "a.tsv"}}},
                         {"reader", "tsv"},
                         {"columns", {{"text", "sentence"}, {"label", "label"}}},
                         {"labels", {"p", "n"}}};
            task.update(changes);
            write_text(folder / "mine.json", task.dump());
            Json study = study_document();
            study["task"] = (folder / "mine.json").string();
            study["backbone"] = "decoder-mini";
            study["methods"] = {{{"method", "lora"}}};
            study["training"] = training;
            return caught([&] {
                PlanSources sources;
                plan_of_document(study, "study.json", sources);
            });
        };
        const Caught fine = refused(Json::object());
        QVERIFY2(!fine.thrown, fine.message.c_str());
        const Caught metric = refused({{"metrics", {"accuracy", "f1"}}});
        for (const char* part : {"study.json", "task", "mine.json", "metrics[1]", "f1", "macro_f1"})
            QVERIFY2(metric.says(part), metric.message.c_str());
        const Caught primary = refused({{"metrics", {"accuracy"}}, {"primary_metric", "macro_f1"}});
        for (const char* part : {"mine.json", "primary_metric", "macro_f1", "accuracy"})
            QVERIFY2(primary.says(part), primary.message.c_str());
        const Json equal = {{"labels", {{{"id", "p"}, {"words", "good"}}, {{"id", "n"}, {"words", "good "}}}}};
        QVERIFY(!refused(equal).thrown); // a head needs no words
        const Caught words = refused(equal, {{"answers", "words"}});
        for (const char* part : {"task", "mine.json", "labels.n.words", "the label p"})
            QVERIFY2(words.says(part), words.message.c_str());
        const Json blank = {{"labels", {{{"id", "p"}, {"words", "good"}}, {{"id", "n"}, {"words", " "}}}}};
        QVERIFY(refused(blank, {{"answers", "words"}}).says("labels.n.words"));
    }

    void fingerprintsIgnoreTheOrderOfKeys() {
        const RunSpec spec = planned(study_document()).arms.front().spec;
        RunSpec shuffled = spec;
        Json reversed = Json::object();
        for (auto entry = spec.training_options.rbegin(); entry != spec.training_options.rend(); ++entry)
            reversed[entry.key()] = entry.value();
        shuffled.training_options = reversed;
        QCOMPARE(fingerprint(shuffled), fingerprint(spec));
        shuffled.seed = 77;
        QVERIFY(fingerprint(shuffled) != fingerprint(spec));
        QCOMPARE(run_spec_from_json(to_json(spec), "x"), spec);
    }

    void oneSampleHasEveryMethod() {
        std::set<std::string> used;
        for (const StudyMethod& entry : sample_study("all-methods").methods)
            used.insert(entry.method);
        for (const MethodInfo& info : method_catalog())
            QVERIFY2(used.contains(info.id), info.id.c_str());
    }

    void oneEntryStandsForAllOthers() {
        Json document = to_json(sample_study("first-look"));
        document["methods"] = {{{"method", "lora"}, {"options", {{"rank", 2}}}},
                               {{"method", "*"}, {"training", {{"steps", 7}}}}};
        const Study study = study_from_json(document, "study.json");
        QCOMPARE(study.methods.size(), method_catalog().size());
        QCOMPARE(study.methods.front().options, Json({{"rank", 2}}));
        QVERIFY(study.methods.front().training.empty());
        QCOMPARE(study.methods.back().training, Json({{"steps", 7}}));

        document["methods"][1]["options"] = {{"rank", 4}};
        QVERIFY(caught([&] { study_from_json(document, "study.json"); }).says("List a method"));
        document["methods"] = {{{"method", "*"}}, {{"method", "lora"}}};
        QVERIFY(caught([&] { study_from_json(document, "study.json"); }).says("last entry"));
    }

    // What a newcomer copies from there runs.
    void theReadmesStudyIsOne() {
        const std::string text = read_file(source_folder() / "README.md", 1u << 20);
        const std::string fence = "```json\n";
        const std::size_t begin = text.find(fence);
        QVERIFY(begin != std::string::npos && text.find(fence, begin + 1) == std::string::npos);
        const std::size_t from = begin + fence.size();
        const std::string document = text.substr(from, text.find("```", from) - from);
        QVERIFY(std::count(document.begin(), document.end(), '\n') <= 15);
        PlanSources sources;
        const Plan plan = make_plan(study_from_json(parse_json(document, "README.md"), "README.md"), sources);
        QVERIFY2(plan.problems.empty(), plan.problems.empty() ? "" : to_line(plan.problems.front()).c_str());
        QCOMPARE(plan.arms.size(), std::size_t(5)); // as it says
        QCOMPARE(plan.runs(), std::size_t(15));
    }

    void sampleNamesAreOffered() {
        QVERIFY(caught([] { sample_study("first-lok"); }).says("first-look"));
    }
};

DIAPASON_TEST(TestStudy)
#include "test_study.moc"
