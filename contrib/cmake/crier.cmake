# crier_room(NAME ROOMS a b LIBS x y): one library per folder under daemon/.
#
# A room sees another room's headers only if it names it in ROOMS: headers are reached as "room/file.h" through a
# folder of links that holds exactly that room, so a forbidden include does not compile.
function(crier_room name)
	cmake_parse_arguments(arg "" "" "ROOMS;LIBS" ${ARGN})
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.c)
	list(FILTER sources EXCLUDE REGEX "/main\\.c$")
	set(door ${CMAKE_BINARY_DIR}/doors/${name})
	file(MAKE_DIRECTORY ${door})
	file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${name} ${door}/${name} SYMBOLIC)
	if(sources)
		add_library(crier_${name} STATIC ${sources})
		set(scope PUBLIC)
	else()
		add_library(crier_${name} INTERFACE)
		set(scope INTERFACE)
	endif()
	target_include_directories(crier_${name} ${scope} ${door})
	list(TRANSFORM arg_ROOMS PREPEND crier_)
	target_link_libraries(crier_${name} ${scope} ${arg_ROOMS} ${arg_LIBS})
endfunction()

# crier_embed(TARGET NAME FILES...): compiles files into the program as one sorted table.
# See daemon/base/embed.h for how it is read; names are paths relative to the project.
function(crier_embed target name)
	set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
	set(list ${CMAKE_CURRENT_BINARY_DIR}/${name}.list)
	list(JOIN ARGN "\n" lines)
	file(GENERATE OUTPUT ${list} CONTENT "${lines}\n")
	add_custom_command(OUTPUT ${out}
		COMMAND ${PROJECT_SOURCE_DIR}/contrib/cmake/embed.sh ${name} ${PROJECT_SOURCE_DIR} ${list} ${out}
		DEPENDS ${ARGN} ${list} ${PROJECT_SOURCE_DIR}/contrib/cmake/embed.sh VERBATIM)
	target_sources(${target} PRIVATE ${out})
endfunction()
