#include "ui/theme/theme.h"

#include "ui/theme/line_style.h"
#include "ui/theme/plain_texts.h"

#include <QApplication>

#include <algorithm>
#include <array>

// A static library's resources stay out of the program unless somebody asks for them, outside any namespace.
static void takeResources() {
    Q_INIT_RESOURCE(theme);
}

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
        QPushButton:focus { border: 2px solid @focus; padding: 2px 11px; }
        QPushButton:disabled { color: @hint; border-color: @weakLine; background: @window; }
        QPushButton[primary="true"] { background: @accent; color: @accentText; border-color: @accent; font-weight: bold; }
        QPushButton[primary="true"]:focus { border-color: @focus; }
        QPushButton[primary="true"]:disabled { background: @window; border-color: @strongLine; color: @secondary; }
        QPushButton[flat="true"] { border: 2px solid transparent; background: transparent; text-align: left; padding: 4px 8px; }
        QPushButton[flat="true"]:hover { background: @selection; }
        QPushButton[flat="true"]:focus { border-color: @focus; }
        QToolButton { border: 2px solid transparent; border-radius: 3px; padding: 2px 5px; }
        QToolButton:hover { background: @selection; }
        QToolButton[toggle="true"] { border: 1px solid @border; background: @base; padding: 3px 8px; }
        QToolButton[toggle="true"]:checked { background: @selection; border-color: @accent; }
        QToolButton:checked { background: @selection; }
        QToolButton:focus, QToolButton[toggle="true"]:focus { border: 2px solid @focus; }
        QToolButton[toggle="true"]:focus { padding: 2px 7px; }
        QComboBox, QLineEdit { border: 1px solid @border; border-radius: 3px; padding: 2px 6px; background: @base; min-height: 18px; }
        QComboBox:focus, QLineEdit:focus { border: 2px solid @focus; padding: 1px 5px; }
        QComboBox:disabled, QLineEdit:disabled { color: @hint; border-color: @weakLine; }
        QLineEdit[wrong="true"] { border-color: @error; color: @error; }
        QComboBox::drop-down { border: none; width: 22px; }
        QComboBox::down-arrow { image: url(:/theme/chevron-@mode.svg); width: 16px; height: 16px; }
        QComboBox QListView, QComboBox QListView:focus { border: none; }
        QCheckBox { padding: 2px; border: 2px solid transparent; border-radius: 3px; }
        QCheckBox:focus { border-color: @focus; }
        QCheckBox::indicator, QAbstractItemView::indicator { width: 14px; height: 14px; border: 1px solid @border; border-radius: 3px; background: @base; }
        QCheckBox::indicator:hover { background: @selection; }
        QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: @accent; border-color: @accent; image: url(:/theme/check-@mode.svg); }
        QAbstractItemView::indicator:indeterminate { background: @accent; border-color: @accent; image: url(:/theme/dash-@mode.svg); }
        QCheckBox::indicator:disabled { background: @window; border-color: @strongLine; }
        QCheckBox::indicator:checked:disabled { background: @hint; border-color: @hint; }
        QTableView, QListView, QTreeView, QPlainTextEdit, QTextBrowser { border: 2px solid transparent; background: @base; gridline-color: @weakLine; selection-background-color: @selection; selection-color: @text; }
        QTableView, QTreeView { font-size: 12px; }
        QTableView:focus, QListView:focus, QTreeView:focus, QPlainTextEdit:focus { border-color: @focus; }
        QListView[plain="true"] { background: transparent; }
        QHeaderView { background: @window; border: none; }
        QHeaderView::section { background: @window; color: @secondary; border: none; border-bottom: 1px solid @weakLine; padding: 4px 8px; }
        QTableCornerButton::section { background: @window; border: none; }
        QTabBar#modes::tab { padding: 6px 14px; border: none; border-top: 2px solid transparent; color: @secondary; }
        QTabBar#modes::tab:selected { background: @base; color: @text; border-top: 2px solid @accent; font-weight: bold; }
        QTabBar#modes::tab:selected:focus { border: 2px solid @focus; padding: 6px 12px 4px 12px; }
        QSplitter::handle { background: @weakLine; }
        QFrame#side { background: @side; }
        QFrame#banner { background: @selection; border-bottom: 1px solid @strongLine; }
        QWidget[surface="true"] { background: @base; }
        QWidget[plot="true"] { background: @base; border: 2px solid transparent; }
        QWidget[plot="true"]:focus { border-color: @focus; }
        QLabel[role="title"] { font-size: 20px; font-weight: bold; }
        QLabel[role="heading"] { font-size: 14px; font-weight: bold; }
        QLabel[role="secondary"] { color: @secondary; }
        QLabel[role="good"] { color: @good; }
        QLabel[role="warning"] { color: @warning; }
        QLabel[role="error"] { color: @error; }
        QLabel[role="chip"] { border: 1px solid @strongLine; border-radius: 3px; padding: 2px 8px; background: @base; color: @secondary; }
        QStatusBar { border-top: 1px solid @weakLine; }
        QStatusBar::item { border: none; } QStatusBar QLabel { padding: 2px 8px; color: @secondary; }
        QProgressBar { border: 1px solid @border; border-radius: 3px; background: @base; max-height: 6px; }
        QProgressBar::chunk { background: @accent; }
        QSlider { border: 2px solid transparent; border-radius: 3px; min-height: 18px; }
        QSlider:focus { border-color: @focus; }
        QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @strongLine; }
        QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: @accent; }
        QSlider::handle:horizontal { width: 8px; margin: -5px 0; border: 1px solid @accent; border-radius: 3px; background: @base; }
        QScrollBar:vertical { width: 12px; background: transparent; }
        QScrollBar:horizontal { height: 12px; background: transparent; }
        QScrollBar::handle { background: @strongLine; border-radius: 3px; margin: 3px; }
        QScrollBar::handle:hover { background: @border; }
        QScrollBar::handle:vertical { min-height: 28px; } QScrollBar::handle:horizontal { min-width: 28px; }
        QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
        QAbstractScrollArea::corner { background: transparent; border: none; }
        QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
        QMenuBar { background: @window; } QMenuBar::item { padding: 4px 8px; }
        QMenuBar::item:selected, QMenu::item:selected { background: @selection; }
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
    return sheet.replace(QLatin1String("@mode"), isDark() ? QLatin1String("dark") : QLatin1String("light"));
}

} // namespace

void applyTheme(Appearance appearance) {
    takeResources();
    PlainTexts::install();
    QApplication::setStyle(new LineStyle);
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
    const double share = 0.45 * level / (levels - 1);
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
