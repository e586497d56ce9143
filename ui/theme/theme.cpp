#include "ui/theme/theme.h"

#include <QApplication>
#include <QStyleFactory>

#include <algorithm>
#include <array>

namespace diapason::ui {
namespace {

bool& darkNow() {
    static bool dark = false;
    return dark;
}

struct Pair {
    const char* light;
    const char* dark;
};

// In the order of Role.
constexpr std::array<Pair, 16> tokens = {{{"#FFFFFF", "#16181B"},
                                          {"#F1F2F3", "#212427"},
                                          {"#E9EBED", "#1C1F22"},
                                          {"#1C2024", "#E4E7EA"},
                                          {"#4E575F", "#A9B1B9"},
                                          {"#666F78", "#8A939C"},
                                          {"#27506F", "#8FBFE0"},
                                          {"#FFFFFF", "#16181B"},
                                          {"#1F6FB2", "#6DB3E8"},
                                          {"#7D868F", "#757E87"},
                                          {"#D6DADE", "#34393E"},
                                          {"#C3C9CF", "#454B51"},
                                          {"#DEE8F0", "#263B4B"},
                                          {"#1A7237", "#6CC788"},
                                          {"#8A5A00", "#E2B14A"},
                                          {"#B3261E", "#F28B82"}}};

constexpr std::array<Pair, 8> series = {{{"#3F464D", "#C9CED3"},
                                         {"#B38D00", "#D0BF33"},
                                         {"#B24619", "#F07A4E"},
                                         {"#D758AA", "#E488B9"},
                                         {"#1450BA", "#419AFF"},
                                         {"#0C866F", "#52D98B"},
                                         {"#2B97EF", "#A6BEFF"},
                                         {"#5E157C", "#BF71D0"}}};

QColor pick(const Pair& pair) {
    return QColor(QLatin1String(isDark() ? pair.dark : pair.light));
}

bool systemIsDark() {
    return QApplication::style()->standardPalette().color(QPalette::Window).lightness() < 128;
}

QPalette palette() {
    QPalette p;
    p.setColor(QPalette::Window, colour(Role::window));
    p.setColor(QPalette::Base, colour(Role::base));
    p.setColor(QPalette::AlternateBase, colour(Role::window));
    p.setColor(QPalette::Button, colour(Role::base));
    for (const QPalette::ColorRole role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText, QPalette::BrightText})
        p.setColor(role, colour(Role::text));
    p.setColor(QPalette::ToolTipBase, colour(Role::base));
    p.setColor(QPalette::PlaceholderText, colour(Role::hint));
    p.setColor(QPalette::Highlight, colour(Role::selection));
    p.setColor(QPalette::HighlightedText, colour(Role::text));
    p.setColor(QPalette::Link, colour(Role::focus));
    p.setColor(QPalette::Mid, colour(Role::weakLine));
    p.setColor(QPalette::Dark, colour(Role::strongLine));
    p.setColor(QPalette::Light, colour(Role::base));
    p.setColor(QPalette::Midlight, colour(Role::weakLine));
    p.setColor(QPalette::Shadow, colour(Role::strongLine));
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, colour(Role::hint));
    return p;
}

QString styleSheet() {
    QString sheet = QStringLiteral(R"(
        QPushButton { border: 1px solid @border; border-radius: 3px; padding: 3px 12px; background: @base; min-height: 18px; }
        QPushButton:hover { background: @selection; }
        QPushButton:focus, QComboBox:focus, QLineEdit:focus, QAbstractSpinBox:focus { border: 2px solid @focus; }
        QPushButton:disabled { color: @hint; border-color: @weakLine; }
        QPushButton[primary="true"] { background: @accent; color: @accentText; border-color: @accent; font-weight: bold; }
        QPushButton[primary="true"]:disabled { background: @strongLine; border-color: @strongLine; color: @window; }
        QPushButton[flat="true"] { border: none; background: transparent; text-align: left; padding: 6px 10px; }
        QPushButton[flat="true"]:hover, QPushButton[flat="true"]:focus { background: @selection; }
        QToolButton { border: 1px solid transparent; border-radius: 3px; padding: 3px 6px; }
        QToolButton:hover { background: @selection; }
        QToolButton:checked { background: @selection; border-color: @accent; }
        QToolButton:focus { border-color: @focus; }
        QComboBox, QLineEdit, QAbstractSpinBox { border: 1px solid @border; border-radius: 3px; padding: 2px 6px; background: @base; min-height: 18px; }
        QComboBox::drop-down { border: none; width: 20px; }
        QTableView::item { padding: 0 8px; }
        QTableView, QListView, QTreeView, QPlainTextEdit, QTextBrowser { border: none; background: @base; gridline-color: @weakLine; selection-background-color: @selection; selection-color: @text; }
        QHeaderView { background: @window; }
        QHeaderView::section { background: @window; color: @secondary; border: none; border-bottom: 1px solid @weakLine; border-right: 1px solid @weakLine; padding: 4px 8px; }
        QTableCornerButton::section { background: @window; border: none; }
        QTabBar#modes::tab { padding: 6px 14px; border: none; border-top: 2px solid transparent; color: @secondary; }
        QTabBar#modes::tab:selected { background: @base; color: @text; border-top: 2px solid @accent; font-weight: bold; }
        QTabBar#modes::tab:focus { color: @focus; }
        QSplitter::handle { background: @weakLine; }
        QFrame#side { background: @side; }
        QFrame#banner { background: @selection; border-bottom: 1px solid @strongLine; }
        QLabel[role="title"] { font-size: 20px; font-weight: bold; }
        QLabel[role="heading"] { font-size: 14px; font-weight: bold; }
        QLabel[role="secondary"] { color: @secondary; }
        QLabel[role="good"] { color: @good; }
        QLabel[role="warning"] { color: @warning; }
        QLabel[role="error"] { color: @error; }
        QLabel[role="chip"] { border-radius: 3px; padding: 3px 8px; background: @selection; color: @secondary; }
        QStatusBar { border-top: 1px solid @weakLine; }
        QStatusBar::item { border: none; } QStatusBar QLabel { padding: 2px 8px; color: @secondary; }
        QProgressBar { border: 1px solid @border; border-radius: 3px; background: @base; height: 8px; text-align: center; }
        QProgressBar::chunk { background: @accent; }
        QMenuBar { background: @window; } QMenuBar::item:selected, QMenu::item:selected { background: @selection; }
        QMenu { background: @base; border: 1px solid @strongLine; }
        QToolTip { background: @base; color: @text; border: 1px solid @strongLine; }
    )");
    // Longest names first, so that @accentText is not read as @accent.
    static constexpr std::pair<const char*, Role> names[] = {{"@accentText", Role::accentText},
                                                             {"@strongLine", Role::strongLine},
                                                             {"@selection", Role::selection},
                                                             {"@secondary", Role::secondary},
                                                             {"@weakLine", Role::weakLine},
                                                             {"@warning", Role::warning},
                                                             {"@accent", Role::accent},
                                                             {"@border", Role::border},
                                                             {"@window", Role::window},
                                                             {"@focus", Role::focus},
                                                             {"@error", Role::error},
                                                             {"@base", Role::base},
                                                             {"@side", Role::side},
                                                             {"@text", Role::text},
                                                             {"@hint", Role::hint},
                                                             {"@good", Role::good}};
    for (const auto& [name, role] : names)
        sheet.replace(QLatin1String(name), colour(role).name());
    return sheet;
}

} // namespace

void applyTheme(Appearance appearance) {
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    darkNow() = appearance == Appearance::dark || (appearance == Appearance::system && systemIsDark());
    QApplication::setPalette(palette());
    QFont font = QApplication::font();
    font.setPixelSize(13);
    QApplication::setFont(font);
    qApp->setStyleSheet(styleSheet());
}

bool isDark() {
    return darkNow();
}

QColor colour(Role role) {
    return pick(tokens[static_cast<std::size_t>(role)]);
}

QColor seriesColour(int slot, int level, int levels) {
    QColor c = pick(series[static_cast<std::size_t>(std::clamp(slot, 1, 8) - 1)]);
    if (levels < 2) return c;
    // From the full colour towards the background, never closer than half of the way.
    const double share = 0.55 * level / (levels - 1);
    const QColor ground = colour(Role::base);
    const auto mix = [&](int a, int b) { return static_cast<int>(a + share * (b - a)); };
    return QColor(mix(c.red(), ground.red()), mix(c.green(), ground.green()), mix(c.blue(), ground.blue()));
}

QCPScatterStyle seriesMarker(int slot, const QColor& c, double size) {
    static constexpr QCPScatterStyle::ScatterShape shapes[] = {
        QCPScatterStyle::ssSquare,  QCPScatterStyle::ssPlus, QCPScatterStyle::ssTriangleInverted,
        QCPScatterStyle::ssStar,    QCPScatterStyle::ssDisc, QCPScatterStyle::ssTriangle,
        QCPScatterStyle::ssDiamond, QCPScatterStyle::ssCross};
    return QCPScatterStyle(shapes[std::clamp(slot, 1, 8) - 1], QPen(c, 1), QBrush(c), size);
}

} // namespace diapason::ui
