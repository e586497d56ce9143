// rank_pattern and alpha_pattern: what they mean to the library, and that no pattern and no number of them takes for
// ever.

#include "methods/interchange/peft/folder/module_patterns.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

std::optional<double> value(const Json& patterns, const std::string& path) {
    const Json config = {{"rank_pattern", patterns}};
    const Settings settings("adapter_config.json", config);
    return peft::ModulePatterns(settings, "rank_pattern").value_for(path);
}

} // namespace

class TestModulePatterns : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // Expectations: re.match(rf"(.*\.)?({key})$", path) of Python 3.11.
    void meansWhatPythonSays_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("path");
        QTest::addColumn<bool>("found");
        const auto row = [](const char* key, const char* path, bool found) {
            QTest::addRow("%s in %s", key, path) << QString::fromUtf8(key) << QString::fromUtf8(path) << found;
        };
        row("q_proj", "model.layers.0.q_proj", true);
        row("q_proj", "q_proj", true);
        row("q_proj", "model.layers.0.xq_proj", false);
        row("q_proj", "model.q_proj.x", false);
        row("layers.0.q_proj", "model.layers.0.q_proj", true);
        row("layers.0.q_proj", "model.layersx0.q_proj", true); // a dot is any character
        row("layers.0.q_proj", "model.layers.10.q_proj", false);
        row(R"(layers\.\d+\.(q|v)_proj)", "model.layers.12.v_proj", true);
        row(R"(layers\.\d+\.(q|v)_proj)", "model.layers.12.k_proj", false);
        row(R"(.*\.q_proj)", "model.layers.0.q_proj", true);
        row(R"(^model\..*)", "model.layers.0.q_proj", true);
        row(R"(^layers\..*)", "model.layers.0.q_proj", false);
        row(R"(q_proj$)", "model.q_proj", true);
        row(R"(\Amodel\.q\Z)", "model.q", true);
        row(R"(layers\.[0-3[]\.q)", "model.layers.2.q", true); // a bracket in a class is a character
        row(R"(layers\.[0-3[]\.q)", "model.layers.[.q", true);
        row(R"([]a]q)", "]q", true);
        row(R"([^]a]q)", "]q", false);
        row(R"([a&&b]q)", "&q", true);
        row(R"((?P<name>q|k)_proj)", "a.k_proj", true);
        row(R"((?<!self_)attn\.q)", "cross_attn.q", false); // nothing but a dot may stand before the key
        row(R"(.*(?<!self_)attn\.q)", "cross_attn.q", true);
        row(R"(.*(?<!self_)attn\.q)", "self_attn.q", false);
        row(R"((?i)Q_PROJ)", "a.q_proj", true);
        row("a|b.q", "x.a", true);
    }
    void meansWhatPythonSays() {
        QFETCH(QString, key);
        QFETCH(QString, path);
        QFETCH(bool, found);
        QCOMPARE(value({{key.toStdString(), 3}}, path.toStdString()).has_value(), found);
    }

    void theFirstOfSeveralCounts() {
        QCOMPARE(value({{"k", 1}, {"q", 2}, {".*", 3}}, "a.q"), std::optional(2.0));
        QCOMPARE(value({{"k", 1}}, "a.q"), std::optional<double>());
        QCOMPARE(value(nullptr, "a.q"), std::optional<double>());
    }

    void badOnesAreNamed_data() {
        QTest::addColumn<QByteArray>("patterns");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const Json& patterns, const char* says) {
            QTest::newRow(name) << QByteArray::fromStdString(patterns.dump()) << QByteArray(says);
        };
        row("no object", Json::array({1}), "must be an object");
        row("no number", {{"q", "8"}}, "\"q\": must be a number");
        row("open group", {{"(", 2}}, "\"(\": this regular expression cannot be used");
        row("a reference back", {{R"((a)\1)", 2}}, "unsupported");
        row("long", {{std::string(1000, '('), 2}}, "too long");
        row("backtracking", {{"(a+)+b", 2}}, "\"(a+)+b\": this regular expression takes too many steps");
        row("alternatives", {{"(a|a)*b", 2}}, "too many steps");
        row("deep loops", {{"((a+)+)+b", 2}}, "too many steps");
        Json many = Json::object();
        for (int i = 0; i < 10'001; ++i)
            many["m" + std::to_string(i)] = 1;
        row("many", many, "more than the limit of 10000");
    }
    void badOnesAreNamed() {
        QFETCH(QByteArray, patterns);
        QFETCH(QByteArray, says);
        const Caught error = caught([&] { value(parse_json(patterns.toStdString(), "row"), std::string(200, 'a')); });
        QVERIFY2(error.thrown && error.kind == ErrorKind::input, error.message.c_str());
        QVERIFY2(error.says("adapter_config.json: rank_pattern") && error.says(says.toStdString()),
                 error.message.substr(0, 400).c_str());
    }

    // Many searches that are all within their own limit.
    void allSearchesTogetherAreBounded() {
        Json patterns = Json::object();
        for (int i = 0; i < 2000; ++i)
            patterns["(a|b)*c" + std::to_string(i) + "|(a|aa)+d"] = 1;
        const Json config = {{"rank_pattern", patterns}};
        const Settings settings("adapter_config.json", config);
        const peft::ModulePatterns list(settings, "rank_pattern");
        const Caught error = caught([&] {
            for (int i = 0; i < 1'000'000; ++i)
                list.value_for(std::string(24, 'a'));
        });
        QVERIFY2(error.says("steps"), error.message.substr(0, 400).c_str());
    }
};

DIAPASON_TEST(TestModulePatterns)
#include "test_module_patterns.moc"
